"""Registries: roots of the method, children of MMEngine's, each finds its classes by itself."""

import subprocess
import sys

import mmengine.registry.root as mmengine_root
import pytest
from mmengine.registry import Registry

import drfuse.registry as ours

ROOTS = ('DEGRADATIONS', 'PINV_SOLVERS', 'FUSION_LOSSES', 'BACKBONES', 'SAMPLERS', 'RESTORERS', 'FUSERS')


def registries():
    return {name: value for name, value in vars(ours).items()
            if isinstance(value, Registry) and not name.startswith('MMENGINE_')}


def test_every_registry_of_mmengine_has_a_child_here():
    parents = {registry.parent.name for registry in registries().values() if registry.parent is not None}
    assert {r.name for r in vars(mmengine_root).values() if isinstance(r, Registry)} == parents


def test_the_registries_of_the_method_are_roots():
    assert {name for name, registry in registries().items() if registry.parent is None} == set(ROOTS)


@pytest.mark.parametrize(('registry', 'name'), [
    ('DEGRADATIONS', 'GaussianBlur'), ('PINV_SOLVERS', 'WienerPinv'), ('FUSION_LOSSES', 'IVFLoss'),
    ('BACKBONES', 'DualDecoderUNet'), ('SAMPLERS', 'FusionDDIMSampler'), ('MODELS', 'DRFusion'),
    ('RESTORERS', 'TVADMM'), ('FUSERS', 'guided_filter'), ('MODELS', 'CascadeFusion'), ('MODELS', 'FFDNet'),
    ('DATASETS', 'M3FDDataset'), ('DATA_SAMPLERS', 'KeyedBatchSampler'), ('TRANSFORMS', 'PairedCrop'),
    ('METRICS', 'QABF'), ('HOOKS', 'PlainCheckpointHook'), ('LOOPS', 'FusionIterTrainLoop'),
    ('VISUALIZERS', 'FusionVisualizer'), ('OPTIM_WRAPPERS', 'BF16OptimWrapper')])
def test_classes_are_found_without_importing_them_first(registry, name):
    code = f'from drfuse.registry import {registry} as r; assert r.get({name!r}) is not None'
    subprocess.run([sys.executable, '-W', 'ignore', '-c', code], check=True)


def test_an_unknown_name_says_where_it_was_sought():
    with pytest.raises(KeyError, match='Fog is not in the drfuse::degradation registry'):
        ours.DEGRADATIONS.build(dict(type='Fog'))
