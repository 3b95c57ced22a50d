"""Parallel workers: a killed one is survived, finished pairs are not done again, shards cover everything once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from drfuse.apis import list_models
from drfuse.apis.pairs import SourcePair, match_sources
from drfuse.cli.targets import check_targets, plan_targets
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.utils.config import UserError

pytest.importorskip('joblib')


@pytest.fixture(scope='module')
def tool(load_tool):
    return load_tool('fuse_sharded.py')


def pairs(number):
    return [SourcePair(f'pair{i}', f'a/pair{i}', f'b/pair{i}') for i in range(number)]  # named by B, as all are


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Folders ir and vis: pictures of 8 bits, and a float TIFF."""
    monkeypatch.chdir(tmp_path)
    for folder in ('ir', 'vis'):
        (tmp_path / folder).mkdir()
        for name in ('one.png', 'three.jpg'):
            cv2.imwrite(f'{folder}/{name}', np.zeros((8, 8), np.uint8))
        cv2.imwrite(f'{folder}/two.tif', np.zeros((8, 8), np.float32))
    return tmp_path


class Copy:
    """Stands in for the work of :class:`Fuse`; the pair ``bad`` cannot be fused."""

    bad = None

    def __init__(self, model, preset):
        self.model = model

    def check(self):
        if self.model == 'none':
            raise UserError("no model is called 'none'")

    def __call__(self, pair, target):
        if pair.name == self.bad:
            raise UserError(f'{pair.b} is damaged')
        target.write_text(pair.name)


@pytest.fixture
def run(tool, folders, monkeypatch, capsys):
    """Run the tool in this process; return exit code, standard output and error."""
    monkeypatch.setattr(tool, 'Fuse', Copy)

    def start(command):
        return tool.main(['--workers', '1', *command.split()]), *capsys.readouterr()
    yield start
    Copy.bad = None


def test_a_killed_worker_is_survived_and_nothing_is_done_twice(tool, tmp_path, capsys):
    trap, log = tmp_path / 'trap', tmp_path / 'log'
    trap.touch()
    log.mkdir()

    def work(pair, target):
        if pair.name == 'pair3' and trap.exists():
            trap.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        (log / f'{pair.name}_{os.urandom(4).hex()}').touch()
        target.write_text(pair.a)

    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / 'pair0.png').write_text('finished before')
    assert tool.process(pairs(6), tmp_path / 'out', work, 2) == 5
    assert {file.stem for file in (tmp_path / 'out').iterdir()} == {f'pair{i}' for i in range(6)}
    assert (tmp_path / 'out' / 'pair0.png').read_text() == 'finished before'
    assert not list(log.glob('pair0_*')) and 'a worker was killed' in capsys.readouterr().err
    assert tool.process(pairs(6), tmp_path / 'out', work, 2) == 0


def test_it_gives_up_where_nothing_gets_done(tool, tmp_path):
    def work(pair, target):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(tool.WorkersKilled, match='without finishing a pair; 1 are left: pair0') as error:
        tool.process(pairs(1), tmp_path / 'out', work, 2)
    assert error.value.left == ['pair0'] and error.value.reasons == {}


def test_giving_up_keeps_what_is_known_of_other_pairs(tool, tmp_path):
    known = tmp_path / 'known'

    def work(pair, target):
        if pair.name == 'pair0':
            known.touch()
            raise UserError('pair0 is damaged')
        while not known.exists():
            time.sleep(0.01)
        time.sleep(1)  # until the failure has been told
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(tool.WorkersKilled) as error:
        tool.process(pairs(2), tmp_path / 'out', work, 2)
    assert error.value.reasons == dict(pair0='pair0 is damaged') and error.value.left == ['pair1']


def test_shards_cover_all_pairs_once(tool):
    parts = [pair.name for k in (1, 2, 3) for pair in tool.shard_of(pairs(7), f'{k}/3')]
    assert sorted(parts) == [f'pair{i}' for i in range(7)]
    with pytest.raises(ValueError, match="shard must be k/n with 1 <= k <= n, got '4/3'"):
        tool.shard_of(pairs(7), '4/3')


def test_a_pair_that_fails_stops_no_other_and_is_not_tried_again(tool, tmp_path):
    trap, log = tmp_path / 'trap', tmp_path / 'log'
    trap.touch()
    log.mkdir()

    def work(pair, target):
        (log / f'{pair.name}_{os.urandom(4).hex()}').touch()
        if pair.name == 'pair0':
            raise UserError('pair0 is damaged')
        if pair.name == 'pair1':
            raise FileNotFoundError('no picture file pair1')
        if pair.name == 'pair5' and trap.exists():
            while len(list((tmp_path / 'out').iterdir())) < 3:  # pairs 2, 3 and 4: the failures are known
                time.sleep(0.01)
            time.sleep(1)
            trap.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        target.write_text(pair.a)

    with pytest.raises(tool.PairsFailed) as error:
        tool.process(pairs(6), tmp_path / 'out', work, 2)
    assert error.value.reasons == dict(pair0='pair0 is damaged', pair1='no picture file pair1')
    assert error.value.done == 4 and not trap.exists()
    assert {file.stem for file in (tmp_path / 'out').iterdir()} == {'pair2', 'pair3', 'pair4', 'pair5'}
    assert len(list(log.glob('pair0_*'))) == len(list(log.glob('pair1_*'))) == 1


def test_results_have_the_names_that_drfuse_fuse_gives(run, folders):
    assert run('ir vis out') == (0, '3 pairs fused, 0 were there\n', '')
    assert sorted(p.name for p in (folders / 'out').iterdir()) == ['one.png', 'three.jpg', 'two.tif']
    targets = plan_targets(match_sources('ir', 'vis').pairs, folders / 'out', None, False)
    assert check_targets(targets, overwrite=False, resume=True) == []
    assert run('ir vis out') == (0, '0 pairs fused, 3 were there\n', '')


def test_failures_are_listed_at_the_end(run, folders):
    Copy.bad = 'one'
    (folders / 'out').mkdir()
    (folders / 'out' / 'two.tif').touch()
    code, out, err = run('ir vis out')
    assert (code, out) == (1, '1 pairs fused, 1 were there, 1 failed\n')
    assert err == f'failed: one: {Path("vis/one.png")} is damaged\n'
    Copy.bad = None
    assert run('ir vis out') == (0, '1 pairs fused, 2 were there\n', '')


@pytest.mark.parametrize(('command', 'message'), [
    ('ir vis out --shard 4/3', "shard must be k/n with 1 <= k <= n, got '4/3'"),
    ('ir none out', 'no folder none'), ('ir/one.png vis/one.png out', 'ir/one.png is not a folder'),
    ('ir vis out --workers 0', 'workers must be at least 1, got 0'), ('ir vis out --model none', 'no model is called'),
    ('ir vis vis', 'is a source and would be overwritten'), ('ir vis ir/one.png/x', 'cannot write to')])
def test_mistakes_are_one_line(run, command, message):
    code, out, err = run(command)
    assert (code, out) == (2, '') and err.startswith('fuse_sharded: ') and message in err and err.count('\n') == 1


def test_workers_that_are_killed_again_and_again_are_one_line_behind_the_failures(tool, run, monkeypatch):
    def killed(*arguments):
        raise tool.WorkersKilled(4, dict(one='one is damaged'), [f'p{i}' for i in range(12)])

    monkeypatch.setattr(tool, 'process', killed)
    names = ', '.join(f'p{i}' for i in range(10))
    assert run('ir vis out') == (1, '', 'failed: one: one is damaged\nfuse_sharded: workers were killed 4 times '
                                 f'without finishing a pair; 12 are left: {names}, ...\n')


@pytest.mark.slow
def test_the_program_goes_on_behind_a_picture_that_is_damaged(folders, repo_dir):
    if 'ivf' not in list_models():
        pytest.skip('no model is shipped')
    scenes = EmbeddedPairs(task='ivf', split='test', num=1, size=(32, 32))
    for folder, image in scenes.render(scenes.stems[0]).items():
        cv2.imwrite(f'{folder}/three.jpg', image)
        cv2.imwrite(f'{folder}/two.tif', image.astype(np.float32) / 255)
    Path('ir/one.png').write_text('no picture')
    command = [sys.executable, repo_dir / 'tools' / 'fuse_sharded.py', 'ir', 'vis', 'out', '--preset', 'noise']
    done = subprocess.run([*command, '--workers', '2'], capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == '2 pairs fused, 0 were there, 1 failed\n', done.stderr
    assert 'failed: one: cannot decode ir/one.png' in done.stderr
    assert sorted(p.name for p in Path('out').iterdir()) == ['three.jpg', 'two.tif']


@pytest.mark.parametrize(('model', 'preset', 'message'), [
    ('none', None, "no model and no config is called 'none'"), ('ivf', 'nois', "got 'nois'")])
def test_model_and_preset_are_checked_once(tool, monkeypatch, model, preset, message):
    if model == 'ivf':
        monkeypatch.setattr(tool, '_inferencer', lambda name: SimpleNamespace(modalities=('ir', 'vis')))
    with pytest.raises(UserError, match=message):
        tool.Fuse(model, preset).check()
