import json
from io import StringIO
from types import SimpleNamespace

from rich.console import Console

from drfuse.engine.report import Report, print_report, write_report


def report():
    per_image = Report.collect([
        SimpleNamespace(prefix='QMI', per_image=dict(a=dict(clean=1.0), b=dict(clean=3.0))),
        SimpleNamespace(prefix=None, per_image=dict(a=dict(PSNR=float('inf')))), SimpleNamespace()])
    return Report('c.py', 'e.pth', 'ab' * 32, 'embedded-synthetic', 'files', {'QMI/clean': 2.0, 'PSNR': float('inf')},
                  per_image)


def test_per_image_tables_are_joined_under_the_names_of_the_means():
    assert report().per_image == dict(a={'QMI/clean': 1.0, 'PSNR': float('inf')}, b={'QMI/clean': 3.0})


def test_json_is_valid_where_values_are_not_finite():
    found = json.loads(report().to_json(), parse_constant=lambda name: 1 / 0)
    assert found['means'] == {'QMI/clean': 2.0, 'PSNR': None}
    assert set(found['versions']) == {'drfuse', 'torch'}


def test_files(tmp_path):
    path, table = write_report(report(), tmp_path / 'x' / 'm.json')
    assert json.loads(path.read_text())['data'] == 'embedded-synthetic'
    assert table.read_text() == ('stem,data,QMI/clean,PSNR\na,embedded-synthetic,1.0,inf\n'
                                 'b,embedded-synthetic,3.0,\n')


def test_printed_table_has_the_source_above_it():
    stream = StringIO()
    print_report(report(), Console(file=stream, width=100))
    text = stream.getvalue()
    assert text.index('data: embedded-synthetic') < text.index('metric')
    row = next(line for line in text.splitlines() if 'QMI/clean' in line)
    assert [cell.strip() for cell in row.strip('│').split('│')] == ['QMI/clean', '2.0000', '1.0000', '3.0000', '2']
