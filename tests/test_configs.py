"""Configs: they build, say what the paper says, and the small ones train and predict."""

import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope

from drfuse.datasets import SampleKey
from drfuse.degradations import AveragePool, Floor, GaussianBlur, GaussianNoise
from drfuse.registry import DATASETS, MODELS

ROOT = Path(__file__).parents[1] / 'configs'
LEAVES = sorted(p.relative_to(ROOT).as_posix() for p in ROOT.rglob('*.py')
                if not {'_base_', 'studies'} & set(p.parts))  # studies: see test_study/test_plan.py
SMALL = [leaf for leaf in LEAVES if leaf.endswith('_small.py') or leaf.startswith('demo/')]
LIGHT = [leaf for leaf in LEAVES if leaf.startswith('light/')]
BASELINES = [leaf for leaf in LEAVES if leaf.startswith('baselines/')]
DENOISERS = [leaf for leaf in BASELINES if 'denoiser' in leaf]
PAPER = [f'drfusion/{task}_{scenario}.py' for task in ('ivf', 'mif') for scenario in ('noise', 'blur', 'composite')]


def load(leaf: str) -> Config:
    init_default_scope('drfuse')
    return Config.fromfile(str(ROOT / leaf))


def dataset(cfg, loader):
    """Build a dataset with generated pairs, small ones where the pictures do not matter."""
    config = cfg[loader].dataset
    config.embedded.update(size=(96, 128), num=4)
    return DATASETS.build(config)


@pytest.mark.parametrize('leaf', LEAVES)
def test_leaf_is_short_and_loads(leaf):
    assert len((ROOT / leaf).read_text().splitlines()) < 40
    cfg = load(leaf)
    assert leaf in BASELINES or set(cfg.model) >= {'type', 'backbone', 'sampler', 'losses'}
    if leaf not in LIGHT + DENOISERS:
        assert cfg.test_dataloader.dataset.degradations == cfg.train_dataloader.dataset.degradations
        assert cfg.val_dataloader.dataset.degradations == cfg.train_dataloader.dataset.degradations
    twin = cfg.get('cpu_twin')
    assert twin is None or (ROOT.parent / twin).is_file()


def types_in(node):
    """Yield every (type, config) of a config tree."""
    if isinstance(node, dict):
        if 'type' in node:
            yield node['type'], node
        node = node.values()
    if not isinstance(node, str | int | float | None):
        for child in node:
            yield from types_in(child)


@pytest.mark.parametrize('leaf', LIGHT)
def test_operators_kept_for_the_unseen_check_are_not_trained(leaf):
    trained = list(types_in(load(leaf).train_dataloader.dataset.shared.degradations))
    names = {name for name, _ in trained}
    assert {'GaussianBlur', 'MotionBlur', 'AveragePool', 'GaussianNoise'} <= names
    assert not names & {'DefocusBlur', 'Mask', 'RandomMask', 'KernelBlur', 'BicubicDownsample'}
    assert {config['factor'] for name, config in trained if name == 'AveragePool'} <= {2, 4}


@pytest.mark.parametrize('leaf', DENOISERS)
def test_denoisers_train_on_noise_alone_and_on_the_images_of_the_light_models(leaf):
    cfg = load(leaf)
    shared = cfg.train_dataloader.dataset.shared
    assert {name for name, _ in types_in(shared.degradations)} == {'OneOf', 'GaussianNoise', 'Floor'}
    light = load(leaf.replace('baselines/denoiser_', 'light/')).train_dataloader.dataset
    assert cfg.train_dataloader.dataset.datasets == light.datasets
    model = MODELS.build(cfg.model)
    assert 4e5 < sum(p.numel() for p in model.parameters()) < 1.5e6


@pytest.mark.parametrize('leaf', sorted(set(BASELINES) - set(DENOISERS)))
def test_classical_baselines_restore_without_weights(leaf):
    cfg = load(leaf)
    model = MODELS.build(cfg.model).eval()
    assert sum(p.numel() for p in model.parameters()) == 0 and cfg.train_cfg is None
    data = model.data_preprocessor(pseudo_collate([dataset(cfg, 'test_dataloader')[0]]), training=False)
    naive = MODELS.build(dict(type='CascadeFusion', restorers=dict(type='Bicubic'), fuser='average'))
    errors = [(m(**data, mode='predict')[0].pred_sources - data['data_samples'][0].gt_sources).square().mean()
              for m in (model, naive)]
    assert errors[0] < 0.8 * errors[1]


@pytest.mark.parametrize('leaf', LIGHT + DENOISERS)
def test_models_are_fitted_and_chosen_on_separate_pairs(leaf):
    cfg = load(leaf)
    fit = {part.get('ann_file') for part in cfg.train_dataloader.dataset.datasets if 'BSD400' not in str(part)}
    assert all(name.endswith('_fit.txt') for name in fit)
    lists = {name: set((ROOT.parent / name).read_text().split()) for name in fit}
    validation = set((ROOT.parent / cfg.val_dataloader.dataset.ann_file).read_text().split())
    assert validation and not any(validation & names for names in lists.values())


def test_ivf_composite_is_the_papers_setting():
    cfg = load('drfusion/ivf_composite.py')
    model = MODELS.build(cfg.model)
    assert sum(p.numel() for p in model.backbone.parameters()) == 31_773_116
    assert cfg.model.sampler.num_steps == 3
    train = cfg.train_dataloader
    assert (train.dataset.type, train.dataset.crop_size, train.batch_size) == ('M3FDDataset', 256, 8)
    assert cfg.train_cfg.max_epochs == 100
    assert (cfg.optim_wrapper.optimizer.type, cfg.optim_wrapper.optimizer.lr) == ('Adam', 1e-4)
    assert (cfg.param_scheduler.type, cfg.param_scheduler.milestones) == ('MultiStepLR', [10, 20, 30, 40])
    settings = model.losses['fusion'].settings
    assert (settings.fusion_weight, settings.gradient_weight, settings.target) == (10, 20, 'clean')
    assert model.losses['restoration'].settings.weight == 1


def test_mif_composite_has_the_medical_loss():
    settings = MODELS.build(load('drfusion/mif_composite.py').model).losses['fusion'].settings
    assert (settings.fusion_weight, settings.ssim_weight) == (10, 10)


def stages(leaf, modality):
    built = dataset(load(leaf), 'train_dataloader')
    return built.degradations[modality].stages, built.channels


@pytest.mark.parametrize('leaf', [*PAPER, *[p.replace('.py', '_roadscene.py') for p in PAPER[:3]]])
def test_recipe_is_that_of_the_release(leaf):
    first = 'ir' if '/ivf' in leaf else 'pet'
    (found, channels), boundary = stages(leaf, first), 'reflect' if 'roadscene' in leaf else 'zero'
    kinds = [type(stage) for stage in found]
    blurs = [s for s in found if isinstance(s, GaussianBlur)]
    assert all((b.sigma, b.kernel_size, b.boundary) == (2.0, 21, boundary) for b in blurs)
    noise = [s.sigma**2 for s in found if isinstance(s, GaussianNoise)]
    if 'noise' in leaf:
        assert kinds == [GaussianNoise, Floor] and noise == pytest.approx([0.003])
    elif 'blur' in leaf:
        assert kinds == [GaussianBlur, Floor]
    else:
        assert kinds == [GaussianBlur, Floor, GaussianNoise, Floor, AveragePool, Floor]
        assert noise == pytest.approx([0.001])
        assert found[4].factor == (4 if leaf == 'drfusion/ivf_composite.py' else 2)
        second = stages(leaf, 'vis' if first == 'ir' else 'mri')[0]
        assert [type(s) for s in second] == kinds[:4]
    if '/ivf' in leaf and 'roadscene' not in leaf:  # one infrared channel, three in the composite files
        assert channels == dict(ir=3 if 'composite' in leaf else 1)


@pytest.mark.parametrize('leaf', [leaf for leaf in LEAVES if leaf.endswith('_small.py')])
def test_small_config_differs_in_model_and_schedule_only(leaf):
    small, full = load(leaf), load(leaf.replace('_small', ''))
    for loader in ('train_dataloader', 'test_dataloader'):
        assert small[loader].dataset.degradations == full[loader].dataset.degradations
        assert small[loader].dataset.type == full[loader].dataset.type
    assert small.model.sampler.type == full.model.sampler.type
    assert small.model.sampler.num_steps == full.model.sampler.num_steps
    assert full.cpu_twin == f'configs/{leaf}'


def rows_of_the_page():
    """Yield the configs that a row of the table names, and its figures; 'the same' means those of the row above."""
    folder, figures = ROOT / 'drfusion', ''
    for line in (folder / 'README.md').read_text(encoding='utf-8').splitlines():
        if line.startswith('| `') and 'ablations/' not in line:
            names, *_, model = line.strip('|').split('|')
            figures = figures if model.strip().startswith('the same') else model
            small = '_small' in names
            yield [file for pattern in re.findall('`([^`]+)`', names) for file in folder.glob(f'{pattern}.py')
                   if small or not file.stem.endswith('_small')], figures


def test_table_of_the_page_is_that_of_the_configs():
    rows = list(rows_of_the_page())
    assert {file for files, _ in rows for file in files} == set((ROOT / 'drfusion').glob('*.py'))
    for file, figures in [(file, figures) for files, figures in rows for file in files]:
        cfg = load(file.relative_to(ROOT).as_posix())
        train, loop = cfg.train_dataloader, cfg.train_cfg
        count = sum(p.numel() for p in MODELS.build(cfg.model).parameters()) / 1e6
        length = f'{loop.max_iters} iterations' if 'max_iters' in loop else f'{loop.max_epochs} epochs'
        said = [f'{count:.2f} M parameters', f'patch {train.dataset.crop_size}', f'batch {train.batch_size}', length]
        assert [text for text in said if text not in figures] == [], file.name
        assert ('starts from' in figures) == bool(cfg.load_from) and (cfg.load_from or '') in figures, file.name


@pytest.mark.parametrize('leaf', SMALL)
def test_small_config_trains_and_predicts(leaf):
    cfg = load(leaf)
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    cfg.train_dataloader.dataset.crop_size = 32
    train, test = (dataset(cfg, loader) for loader in ('train_dataloader', 'test_dataloader'))
    batch = pseudo_collate([train[SampleKey(0, 0, i)] for i in range(2)])
    losses = model(**model.data_preprocessor(batch, training=True), mode='loss')
    total = sum(v for k, v in losses.items() if k.startswith('loss_'))
    total.backward()
    assert torch.isfinite(total)
    assert all(p.grad is not None for p in model.parameters())
    (sample,) = model.eval()(**model.data_preprocessor(pseudo_collate([test[0]]), training=False), mode='predict')
    assert sample.pred_fused.shape == (1, *sample.image_shape)
    assert 0 <= sample.pred_fused.min() and sample.pred_fused.max() <= 1


@pytest.mark.parametrize('steps', [1, 2, 3, 4, 5])
def test_ablations_of_T(steps):
    assert MODELS.build(load(f'drfusion/ablations/ivf_composite_t{steps}.py').model).sampler.schedule.num_steps == steps


@pytest.mark.parametrize('leaf', [p.replace('drfusion/', 'drfusion/ablations/').replace('.py', '_wo-correction.py')
                                  for p in PAPER])
def test_ablation_without_correction(leaf):
    cfg = load(leaf)
    assert MODELS.build(cfg.model).sampler.correction_scale is None
    assert cfg.find_unused_parameters
