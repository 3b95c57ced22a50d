"""Parallel workers: a killed one is survived, finished pairs are not done again, shards cover everything once."""

import os
import signal

import pytest

from drfuse.apis.pairs import SourcePair

pytest.importorskip('joblib')


@pytest.fixture(scope='module')
def tool(load_tool):
    return load_tool('fuse_sharded.py')


def pairs(number):
    return [SourcePair(f'pair{i}', f'a{i}', f'b{i}') for i in range(number)]


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

    with pytest.raises(RuntimeError, match='without finishing a pair'):
        tool.process(pairs(1), tmp_path / 'out', work, 2)


def test_shards_cover_all_pairs_once(tool):
    parts = [pair.name for k in (1, 2, 3) for pair in tool.shard_of(pairs(7), f'{k}/3')]
    assert sorted(parts) == [f'pair{i}' for i in range(7)]
    with pytest.raises(ValueError, match="shard must be k/n with 1 <= k <= n, got '4/3'"):
        tool.shard_of(pairs(7), '4/3')
