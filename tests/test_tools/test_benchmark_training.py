"""Training is timed as it runs, and the tables say what was measured."""

from types import SimpleNamespace

import pytest

from drfuse.benchmark.sets import write_folders


@pytest.fixture(scope='module')
def tool(load_tool):
    return load_tool('analysis_tools/benchmark_training.py')


def test_the_first_iterations_do_not_count(tool):
    watch = SimpleNamespace(waits=[9.0, 1.0, 1.0, 1.0], steps=[99.0, 3.0, 3.0, 3.0])
    row = tool.summary(watch, dict(iterations=4, batch=2, accumulate=2))
    assert row == dict(samples_per_s=0.5, iterations=3, waiting=0.25, update_s=8.0)
    both = tool.summary(watch, dict(iterations=4, batch=2, processes=2))
    assert both['samples_per_s'] == 1.0 and both['update_s'] == 4.0


def test_tables_and_what_follows_from_them(tool):
    def row(rate=1.0, peak=None):
        return dict(samples_per_s=rate, update_s=2.0, waiting=0.01, peak_gib=peak)

    memory = {name: row(peak=peak) for name, peak in (('recomputed', 3.0), ('recomputed, 2 x batch 1', 2.0))}
    parts = dict(processes={'one process': row(2.0), 'two processes': row(3.0)}, memory=memory)
    text = tool.text(dict(machine=dict(processor='CPU', cores=2, torch='2'), parts=parts,
                          dates=dict.fromkeys(parts, '2026-01-01')))
    for part in ('Two processes train 1.50 times', '2.00 + 7 x 1.00 = 9.0 GiB',
                 '| two processes | 3.00 | 2.00 | 1.0% |'):
        assert part in text


@pytest.mark.slow
@pytest.mark.parametrize('processes', [1, 2])
def test_a_run_in_a_process_of_its_own(tool, tmp_path, processes):
    folders = write_folders(tmp_path / 'made', 4, (96, 96))
    for folder, name in zip(folders, ('ir', 'vi'), strict=True):
        target = tmp_path / 'RoadScene' / 'train' / name
        target.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(target)
    row = tool.measure(dict(config='drfusion/ivf_composite_roadscene_small.py', folder='RoadScene', threads=1, batch=2,
                            patch=64, iterations=2, processes=processes), str(tmp_path))
    assert row['samples_per_s'] > 0 and 0 <= row['waiting'] < 1 and row['iterations'] == 1
    assert (row['peak_gib'] is None) == (processes == 2)
