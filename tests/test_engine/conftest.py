import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope

from drfuse.structures import FusionDataSample

PARTS = Path(__file__).parent / 'parts'
CONFIG = PARTS / 'toy_config.py'
REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def toy_parts(monkeypatch):
    """Make the toy model importable, and leave no global state of MMEngine behind."""
    monkeypatch.syspath_prepend(str(PARTS))
    state = torch.get_rng_state()
    yield
    torch.set_rng_state(state)
    for logger in MMLogger._instance_dict.values():
        for handler in list(logger.handlers):
            handler.close()
    for manager in (MMLogger, MessageHub, DefaultScope):
        manager._instance_dict.clear()


@pytest.fixture
def config_file() -> Path:
    return CONFIG


@pytest.fixture
def train(tmp_path, capsys):
    """Train in this process: ``train(work_dir, *arguments)`` returns exit code and what was said on stderr."""
    from drfuse.engine.train_app import main

    def run(work_dir, *arguments):
        code = main([str(CONFIG), '--work-dir', str(work_dir), *map(str, arguments)], prog='python tools/train.py')
        return code, capsys.readouterr().err
    return run


class Process:
    """A training or test in processes of its own."""

    def __init__(self, arguments, processes=1, environment=None, cwd=None):
        launch = ['-m', 'torch.distributed.run', '--nproc_per_node', str(processes), '--master_port', '0',
                  '--rdzv_backend', 'c10d', '--rdzv_endpoint', 'localhost:0'] if processes > 1 else []
        env = dict(os.environ, PYTHONPATH=f'{REPO}:{PARTS}', OMP_NUM_THREADS='1', **(environment or {}))
        self.process = subprocess.Popen(
            [sys.executable, *launch, *map(str, arguments)], env=env, cwd=cwd, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise AssertionError(f'the condition was never met:\n{self.process.communicate()[0][-3000:]}')
            time.sleep(0.005)

    def kill(self, number=signal.SIGKILL):
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def finish(self, seconds=90):
        try:
            text = self.process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return self.process.returncode, text


@pytest.fixture
def start():
    """Start a tool in processes of its own; all are gone after the test."""
    started = []

    def run(*arguments, processes=1, environment=None, cwd=None):
        started.append(Process(arguments, processes, environment, cwd))
        return started[-1]
    yield run
    for process in started:
        process.kill()
        process.process.communicate()


def weights(path):
    content = torch.load(path, weights_only=True)
    return dict(model=content['state_dict'], ema=content.get('ema_state_dict', {}),
                optimizer=content['optimizer']['state'])


def flat(node, prefix=''):
    if isinstance(node, dict):
        return {k: v for name, child in node.items() for k, v in flat(child, f'{prefix}{name}.').items()}
    return {prefix: node}


@pytest.fixture
def same():
    """Compare weights, averaged weights and optimizer state of two checkpoints bit for bit."""
    def compare(first, second):
        a, b = flat(weights(first)), flat(weights(second))
        assert a.keys() == b.keys()
        return [name for name in a if not torch.equal(torch.as_tensor(a[name]), torch.as_tensor(b[name]))]
    return compare


@pytest.fixture
def losses():
    """Read (iteration, loss) of all logged training iterations."""
    def read(work_dir):
        found = {}
        for file in sorted(Path(work_dir).glob('*/vis_data/scalars.json')):
            records = [json.loads(line) for line in file.read_text().splitlines()]
            found.update({r['iter']: r['loss'] for r in records if 'loss' in r})
        return found
    return read


@pytest.fixture
def predicted():
    """Make a predicted pair without a model."""
    def predicted(stem='pair', size=(24, 32), colour=True):
        generator = torch.Generator().manual_seed(0)
        sample = FusionDataSample(metainfo=dict(stem=stem, modalities=('ir', 'vis')))
        sample.pred_sources = torch.rand(2, *size, generator=generator)
        sample.pred_fused = torch.rand(1, *size, generator=generator)
        sample.pred_weights = torch.rand(2, *size, generator=generator)
        sample.observed = dict(ir=torch.rand(1, size[0] // 4, size[1] // 4, generator=generator),
                               vis=torch.rand(1, *size, generator=generator))
        if colour:
            sample.fused_image = torch.rand(3, *size, generator=generator)
        return sample
    return predicted
