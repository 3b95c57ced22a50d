"""Starting one process or several: MMEngine's launchers, on GPUs and on CPUs."""

import atexit
import logging
import multiprocessing
import os
import subprocess
import sys

import torch
from mmengine.config import Config
from torch import distributed as dist

from drfuse.utils.config import UserError

LAUNCHERS = ('none', 'pytorch', 'slurm')


def use_threads(cfg: Config) -> None:
    """Give the process ``cfg.num_threads`` CPU threads; None leaves torch's choice.

    Threads wait for each other at every operation, so a second one that has to share its core with a data
    worker or another program makes a small model many times slower than one thread alone.

    Raises:
        UserError: If it is not a number >= 1.
    """
    threads = cfg.get('num_threads')
    if threads is None:
        return
    if not isinstance(threads, int) or threads < 1:
        raise UserError(f'num_threads must be None or an integer >= 1, got {threads!r}')
    torch.set_num_threads(threads)


def setup_launcher(cfg: Config, launcher: str) -> None:
    """Prepare ``cfg`` and the process group for ``launcher``.

    MMEngine sets CUDA devices when it starts a group, so a CPU group (gloo) is started here. Data workers are not
    forked from a process of a group: see :func:`_start_workers_clean`.

    Args:
        cfg: Changed in place.
        launcher: ``none``, ``pytorch`` (torchrun) or ``slurm`` (srun).

    Raises:
        UserError: If the launcher is unknown or its environment variables are missing.
    """
    if launcher not in LAUNCHERS:
        raise UserError(f'--launcher must be one of {", ".join(LAUNCHERS)}, got {launcher}')
    cfg.launcher = launcher
    if launcher == 'none':
        return
    _start_workers_clean(cfg)
    if launcher == 'slurm' and not torch.cuda.is_available():
        _slurm_environment()
    missing = [n for n in ('RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT') if n not in os.environ]
    if missing and not (launcher == 'slurm' and torch.cuda.is_available()):
        raise UserError(f'--launcher {launcher}: environment variable {missing[0]} is not set; start with torchrun '
                        '(tools/dist_train.sh) or srun (tools/slurm_train.sh)')
    if torch.cuda.is_available():
        return
    if not dist.is_initialized():
        dist.init_process_group('gloo')
    cfg.setdefault('model_wrapper_cfg', dict(
        type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False)))


def _start_workers_clean(cfg: Config) -> None:
    """Let data workers start from a process without threads, where the platform can do that.

    A thread of the group may hold a lock of Python's at the moment of a fork; the forked worker, up to Python 3.11,
    then waits for it for ever, and everybody else for the worker.
    """
    method = cfg.get('env_cfg', {}).get('mp_cfg', {}).get('mp_start_method', 'fork')
    if method == 'fork' and 'forkserver' in multiprocessing.get_all_start_methods():
        cfg.merge_from_dict({'env_cfg.mp_cfg.mp_start_method': 'forkserver'})
        multiprocessing.set_forkserver_preload(['drfuse.datasets', 'drfuse.degradations'])
        os.environ.setdefault('OPENCV_FOR_THREADS_NUM', '1')  # MMEngine sets it for the process that forks


def _slurm_environment() -> None:
    """Translate srun's variables to torch's."""
    if 'SLURM_PROCID' not in os.environ:
        raise UserError('--launcher slurm: environment variable SLURM_PROCID is not set; start with srun')
    os.environ['RANK'] = os.environ['SLURM_PROCID']
    os.environ['WORLD_SIZE'] = os.environ['SLURM_NTASKS']
    os.environ['LOCAL_RANK'] = os.environ.get('SLURM_LOCALID', '0')
    os.environ.setdefault('MASTER_PORT', '29500')
    if 'MASTER_ADDR' not in os.environ:
        hosts = subprocess.run(['scontrol', 'show', 'hostname', os.environ['SLURM_NODELIST']],
                               capture_output=True, text=True, check=True).stdout
        os.environ['MASTER_ADDR'] = hosts.split()[0]


def close_launcher(code: int = 0) -> None:
    """End the process group, if there is one.

    Threads that gloo leaves behind may abort a process while it shuts down, when the others still run; the launcher
    then takes a finished job for a failed one. So the process ends itself, after everything else has closed.

    Args:
        code: Exit code of the process.
    """
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
        atexit.register(_exit_at_once, code)


def _exit_at_once(code: int) -> None:
    for worker in multiprocessing.active_children():
        worker.terminate()
        worker.join()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def is_main() -> bool:
    """Return whether this process prints and writes."""
    return not (dist.is_available() and dist.is_initialized()) or dist.get_rank() == 0
