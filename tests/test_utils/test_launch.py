import os
import subprocess
import sys

import pytest
import torch
from mmengine.config import Config
from torch import distributed

from drfuse.utils import launch
from drfuse.utils.config import UserError


@pytest.fixture
def started(monkeypatch):
    """Record groups instead of starting them, on a machine without a GPU."""
    calls = []
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    monkeypatch.setattr(distributed, 'init_process_group', calls.append)
    for name in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'MASTER_ADDR', 'MASTER_PORT', 'SLURM_PROCID'):
        monkeypatch.delenv(name, raising=False)
    return calls


def test_one_process_needs_nothing(started):
    cfg = Config()
    launch.setup_launcher(cfg, 'none')
    assert (cfg.launcher, started) == ('none', [])
    assert launch.is_main()
    launch.close_launcher()


def test_cpu_processes_use_gloo_and_no_device_ids(started, monkeypatch):
    for name in ('RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT'):
        monkeypatch.setenv(name, '1')
    cfg = Config(dict(find_unused_parameters=True))
    launch.setup_launcher(cfg, 'pytorch')
    assert started == ['gloo']
    assert cfg.model_wrapper_cfg.device_ids is None
    assert cfg.model_wrapper_cfg.find_unused_parameters


@pytest.mark.parametrize(('given', 'used'), [(None, 'forkserver'), ('fork', 'forkserver'), ('spawn', 'spawn')])
def test_data_workers_are_not_forked_from_a_group(started, monkeypatch, given, used):
    for name in ('RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT', 'OPENCV_FOR_THREADS_NUM'):
        monkeypatch.setenv(name, '1')
    cfg = Config(dict(env_cfg=dict(mp_cfg=dict(mp_start_method=given))) if given else dict())
    launch.setup_launcher(cfg, 'pytorch')
    assert cfg['env_cfg']['mp_cfg']['mp_start_method'] == used
    cfg['env_cfg']['mp_cfg']['mp_start_method'] = 'fork'
    launch.setup_launcher(cfg, 'none')
    assert cfg['env_cfg']['mp_cfg']['mp_start_method'] == 'fork'


def test_slurm_variables_are_translated(started, monkeypatch):
    for name, value in dict(SLURM_PROCID='3', SLURM_NTASKS='8', SLURM_LOCALID='1', MASTER_ADDR='host',
                            RANK='', WORLD_SIZE='', LOCAL_RANK='', MASTER_PORT='1').items():
        monkeypatch.setenv(name, value)
    launch.setup_launcher(Config(), 'slurm')
    assert [launch.os.environ[n] for n in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK')] == ['3', '8', '1']


def test_mistakes_are_named(started):
    with pytest.raises(UserError, match='RANK is not set; start with torchrun'):
        launch.setup_launcher(Config(), 'pytorch')
    with pytest.raises(UserError, match='SLURM_PROCID is not set'):
        launch.setup_launcher(Config(), 'slurm')
    with pytest.raises(UserError, match='none, pytorch, slurm, got mpi'):
        launch.setup_launcher(Config(), 'mpi')


def test_number_of_threads():
    before = torch.get_num_threads()
    try:
        launch.use_threads(Config(dict(num_threads=2)))
        assert torch.get_num_threads() == 2
        launch.use_threads(Config(dict(num_threads=None)))
        launch.use_threads(Config(dict()))
        assert torch.get_num_threads() == 2
        for bad in (0, '2'):
            with pytest.raises(UserError, match='num_threads must be None or an integer >= 1, got'):
                launch.use_threads(Config(dict(num_threads=bad)))
    finally:
        torch.set_num_threads(before)


WORKER = """
import sys, time
from mmengine.config import Config
from torch import distributed, nn
from drfuse.utils.launch import close_launcher, is_main, setup_launcher
setup_launcher(Config(), 'pytorch')
nn.parallel.DistributedDataParallel(nn.Linear(3, 3))
distributed.barrier()
if is_main():
    time.sleep(0.2)  # the others end first
close_launcher(int(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize('code', [0, 3])
def test_a_process_that_ends_before_the_others_keeps_its_exit_code(tmp_path, code):
    """Without a firm end, gloo aborted it in more than half of the runs."""
    script = tmp_path / 'worker.py'
    script.write_text(WORKER)
    for attempt in range(3):
        environment = {**os.environ, 'CUDA_VISIBLE_DEVICES': '', 'MASTER_ADDR': '127.0.0.1',
                       'MASTER_PORT': str(29650 + 10 * code + attempt), 'WORLD_SIZE': '2', 'OMP_NUM_THREADS': '1'}
        workers = [subprocess.Popen([sys.executable, script, str(code)], env={**environment, 'RANK': str(rank)},
                                    stderr=subprocess.PIPE, text=True) for rank in range(2)]
        ends = [(w.communicate(timeout=120)[1], w.returncode) for w in workers]
        assert [end[1] for end in ends] == [code, code], ends
