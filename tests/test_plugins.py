"""A solver, a loss, a backbone and a sampler from outside, plugged in by ``custom_imports`` alone."""

import ast
import json
import sys
from pathlib import Path

import pytest
import torch

from drfuse.engine.train_app import main
from drfuse.registry import BACKBONES, DEGRADATIONS, FUSION_LOSSES, PINV_SOLVERS, SAMPLERS
from drfuse.testing import check_backbone, check_operator, random_image

PLUGINS = Path(__file__).parent / 'plugins'
NAMES = {'LandweberPinv': PINV_SOLVERS, 'BrightestLoss': FUSION_LOSSES, 'PointwiseDenoiser': BACKBONES,
         'OneShotSampler': SAMPLERS}


@pytest.fixture(scope='module')
def run(tmp_path_factory, forget_runs):
    """Train the plugin config once; return its work dir."""
    work_dir = tmp_path_factory.mktemp('plugins')
    before = set(sys.modules)
    sys.path.insert(0, str(PLUGINS))
    try:
        assert main([str(PLUGINS / 'plugin_config.py'), '--work-dir', str(work_dir)]) == 0
    finally:
        sys.path.remove(str(PLUGINS))
    assert 'fusion_plugins' in set(sys.modules) - before
    return work_dir


def test_training_used_the_plugins(run):
    weights = torch.load(run / 'iter_60.pth', weights_only=True)['state_dict']
    assert {name.split('.')[0] for name in weights} == {'backbone'}
    assert weights['backbone.layers.0.weight'].shape == (8, 3, 1, 1)


def test_training_lowered_the_plugged_in_loss(run):
    (log,) = run.rglob('scalars.json')
    losses = [row['loss_brightest'] for row in map(json.loads, log.read_text().splitlines()) if 'loss_brightest' in row]
    assert losses[-1] < 0.6 * losses[0]


def test_validation_passes_without_a_trajectory(run):
    (log,) = run.glob('*/*.log')
    assert log.read_text().count('TrajectoryHook is off: OneShotSampler returns no trajectory') == 1
    assert len((run / 'val_metrics.jsonl').read_text().splitlines()) == 2
    assert list(run.glob('panels/*/iter_60.png')) and not (run / 'trajectories').exists()


@pytest.mark.parametrize('name', NAMES)
def test_registered_by_import_alone(run, name):
    assert NAMES[name].get(name).__module__ == 'fusion_plugins'


def test_plugged_in_solver_inverts(run):
    solver = dict(type='LandweberPinv', steps=400)
    operator = DEGRADATIONS.build(dict(type='GaussianBlur', kernel_size=3, sigma=0.5, pinv_solver=solver))
    check_operator(operator)
    image = random_image(1, 1, 12, 12, dtype=torch.float64)
    bound = operator.bind(operator.sample_params(None), (12, 12))
    torch.testing.assert_close(bound.pinv(bound.forward(image)), image, rtol=0, atol=1e-3)


def test_plugged_in_backbone_keeps_the_contract(run):
    check_backbone(BACKBONES.build(dict(type='PointwiseDenoiser')))


def test_each_takes_less_than_forty_lines():
    tree = ast.parse((PLUGINS / 'fusion_plugins.py').read_text())
    lengths = {node.name: node.end_lineno - node.lineno + 1 for node in tree.body if isinstance(node, ast.ClassDef)}
    assert set(lengths) == set(NAMES)
    assert max(lengths.values()) < 40
