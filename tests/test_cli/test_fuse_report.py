"""``drfuse fuse --report``."""

import json
import shutil

import pytest

from drfuse.cli.app import app
from drfuse.cli.run import run_command


@pytest.fixture
def run(pairs, tmp_path, monkeypatch, capsys):
    """Run ``drfuse fuse`` in a copy of the pairs; return exit code, standard output and standard error."""
    shutil.copytree(pairs, tmp_path / 'data')
    monkeypatch.chdir(tmp_path / 'data')

    def start(command):
        argv = ['fuse', *command.split(), '--task', 'ivf', '--model', 'tiny.py', '--weights', 'tiny.pth']
        code = run_command(app, argv, 'drfuse', 'drfuse')
        return code, *capsys.readouterr()
    return start


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_one_pair(run, tmp_path):
    code, _, err = run('ir/one.png vis/one.png -o out.png --preset noise --report new/page.html --device cpu')
    assert code == 0 and 'new/page.html: report' in err
    page = (tmp_path / 'data' / 'new' / 'page.html').read_text()
    assert ('drfuse fuse ir/one.png vis/one.png -o out.png --preset noise --report new/page.html --device cpu '
            '--task ivf --model tiny.py --weights tiny.pth') in page
    assert 't = 3' in page and 'against clean' not in page


def test_folders_get_a_page_for_each_pair(run, tmp_path):
    code, out, _ = run('ir vis -o out --preset noise --report pages --clean-a ir --clean-b vis --json')
    assert code == 0 and [r['page'] for r in json.loads(out)['results']] == ['pages/one.html', 'pages/two.html']
    assert names(tmp_path / 'data' / 'pages') == ['one.html', 'two.html']
    assert 'against clean' in (tmp_path / 'data' / 'pages' / 'two.html').read_text()


def test_overwrite_and_resume(run, tmp_path):
    command = 'ir vis -o out --preset noise --report pages'
    assert run(command)[0] == 0
    (tmp_path / 'data' / 'pages' / 'two.html').unlink()
    code, _, err = run(command)
    assert code == 2 and 'pages/one.html' in err and 'exist: --overwrite replaces' in err
    assert run(f'{command} --resume')[0] == 0
    assert names(tmp_path / 'data' / 'pages') == ['one.html', 'two.html']
    (tmp_path / 'data' / 'pages' / 'one.html').write_text('')
    assert run(f'{command} --overwrite')[0] == 0
    assert (tmp_path / 'data' / 'pages' / 'one.html').stat().st_size > 0


def test_page_before_the_picture(run, tmp_path, monkeypatch):
    """Where the fused picture is, the pair is finished."""
    def fail(*_):
        raise KeyboardInterrupt
    monkeypatch.setattr('drfuse.cli.fuse_run.write_page', fail)
    assert run('ir/one.png vis/one.png -o out.png --preset noise --report page.html')[0] == 130
    assert not (tmp_path / 'data' / 'out.png').exists()


@pytest.mark.parametrize(('options', 'message'), [
    ('--report page.txt', '--report page.txt: a page is .html or .htm'),
    ('--clean-a ir/one.png', '--clean-a and --clean-b belong together: give both'),
    ('--clean-a ir/one.png --clean-b vis/one.png', '--clean-a and --clean-b are for --report: give it as well'),
    ('--report p.html --clean-a none.png --clean-b vis/one.png', 'no file or folder none.png'),
    ('--report p.html --clean-a ir --clean-b vis',
     'clean pictures and sources must be of one kind: two files, or two folders')])
def test_mistakes_of_one_pair(run, tmp_path, options, message):
    code, _, err = run(f'ir/one.png vis/one.png -o out.png --preset noise {options}')
    assert (code, err) == (2, f'drfuse: {message}\n') and not (tmp_path / 'data' / 'out.png').exists()


def test_mistakes_of_folders(run, tmp_path):
    _, _, err = run('ir vis -o out --preset noise --report page.html')
    assert err == 'drfuse: --report page.html: several pairs need a folder, which gets a page for each\n'
    for kind in ('ir', 'vis'):
        (tmp_path / 'data' / f'clean_{kind}').mkdir()
        shutil.copy(f'{kind}/one.png', f'clean_{kind}')
    _, _, err = run('ir vis -o out --preset noise --report pages --clean-a clean_ir --clean-b clean_vis')
    assert err == 'drfuse: file names do not match: no clean pictures of two in clean_ir and clean_vis\n'
    assert not (tmp_path / 'data' / 'out').exists()


def test_clean_picture_of_another_size(run, tmp_path):
    import cv2
    cv2.imwrite('small.png', cv2.imread('vis/one.png')[2:])
    code, _, err = run('ir/one.png vis/one.png -o out.png --preset noise --report p.html --clean-a ir/one.png '
                       '--clean-b small.png')
    assert code == 2 and 'clean pictures have the size of the fused one, 48 x 64 (height x width), but small.png' in err
    assert not (tmp_path / 'data' / 'out.png').exists() and not (tmp_path / 'data' / 'p.html').exists()
