"""Where results go is settled before anything is computed."""

from pathlib import Path

import pytest

from drfuse.apis.pairs import SourcePair
from drfuse.cli.targets import check_folder, check_targets, plan_targets
from drfuse.utils.config import UserError

PAIR = SourcePair('one', 'ir/one.jpg', 'vis/one.gif')


@pytest.mark.parametrize(('output', 'single', 'fused'), [
    ('out.tif', True, 'out.tif'), ('out', True, 'out/one.png'), ('out.x', False, 'out.x/one.png')])
def test_names(output, single, fused):
    (target,) = plan_targets([PAIR], Path(output), Path('r'), single)
    assert target.fused == Path(fused) and target.restored == (Path('r/a/one.jpg'), Path('r/b/one.png'))
    assert len(target.files) == 3
    assert plan_targets([PAIR], Path(output), None, single)[0].restored == ()


def test_a_file_for_several_pairs():
    with pytest.raises(UserError, match=r'out\.tif: several pairs need a folder, not a file'):
        plan_targets([PAIR, PAIR], Path('out.tif'), None, False)


@pytest.mark.parametrize(('report', 'single', 'page'), [
    ('x.html', True, 'x.html'), ('x', False, 'x/one.html'), ('x.html', False, None), ('x', True, None)])
def test_pages(report, single, page):
    if page is None:
        with pytest.raises(UserError, match=f'--report {report}'):
            plan_targets([PAIR], Path('out'), None, single, Path(report))
        return
    (target,) = plan_targets([PAIR], Path('out'), None, single, Path(report))
    assert target.report == Path(page) and target.files == (target.fused, Path(page))


def test_existing_folder_is_a_folder(tmp_path):
    (tmp_path / 'x.png').mkdir()
    assert plan_targets([PAIR], tmp_path / 'x.png', None, True)[0].fused == tmp_path / 'x.png' / 'one.png'


def test_resume_needs_all_files_of_a_pair(tmp_path):
    pairs = [SourcePair(n, f'ir/{n}.png', f'vis/{n}.png') for n in ('one', 'two')]
    targets = plan_targets(pairs, tmp_path, tmp_path / 'r', False)
    for file in (*targets[0].files, targets[1].fused):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert check_targets(targets, False, True) == targets[1:]
    assert check_targets(targets, True, False) == targets
    with pytest.raises(UserError, match='and 2 more exist: --overwrite replaces'):
        check_targets(targets, False, False)


@pytest.mark.parametrize(('output', 'restored'), [('out/b', 'out'), ('out/a', 'out'), ('out/x/../b', 'out/')])
@pytest.mark.parametrize(('overwrite', 'resume'), [(False, False), (True, False), (False, True)])
def test_no_file_is_written_twice(tmp_path, output, restored, overwrite, resume):
    pairs = [SourcePair(n, f'ir/{n}.png', f'vis/{n}.png') for n in ('one', 'two')]
    targets = plan_targets(pairs, tmp_path / output, tmp_path / restored, False)
    with pytest.raises(UserError, match=r'one\.png would be written twice: .* --output and --save-restored'):
        check_targets(targets, overwrite, resume)


def test_folders_in_the_way(tmp_path):
    (tmp_path / 'one.png').mkdir()
    targets = plan_targets([SourcePair('one', 'a/one.png', 'b/one.png')], tmp_path, None, False)
    with pytest.raises(UserError, match='is a folder, not a file'):
        check_targets(targets, True, False)
    check_folder(tmp_path / 'new' / 'deep')
    assert not (tmp_path / 'new').exists()
