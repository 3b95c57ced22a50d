"""Studies are read, checked and merged; those of drfuse keep their promises."""

from pathlib import Path

import pytest
import torch
from mmengine.registry import init_default_scope

from drfuse.evaluation.study.measuring import network_costs
from drfuse.evaluation.study.plan import VALIDATION, key_of, read_study
from drfuse.registry import MODELS
from drfuse.utils.config import UserError
from drfuse.utils.paths import config_root, share_root

NAMES = sorted(path.stem for path in (config_root() / 'studies').glob('*.py'))
VARIANTS = [(name, variant) for name in NAMES for variant in read_study(f'studies/{name}.py').variants]


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('drfuse')


def own(name):
    return read_study(f'studies/{name}.py')


def texts(node):
    """Yield every text of a config."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list | tuple):
        for child in node.values() if isinstance(node, dict) else node:
            yield from texts(child)


def test_there_are_the_studies_that_were_asked_for():
    assert NAMES == ['backbones', 'correction_ivf', 'correction_mif', 'deviations', 'scales', 'steps', 'unified']


@pytest.mark.parametrize(('name', 'variant'), VARIANTS)
def test_variants_build_and_differ_in_nothing_that_must_be_equal(name, variant):
    study = own(name)
    cfg, first = (study.run_config(v, 7, 50) for v in (variant, next(iter(study.variants))))
    MODELS.build(cfg.model)
    assert cfg.load_from is None and cfg.num_threads == 1 and cfg.val_dataloader is None
    for key in ('train_cfg', 'randomness', 'param_scheduler', 'custom_hooks', 'default_hooks'):
        assert cfg[key] == first[key], key
    loaders = [dict(c.train_dataloader.to_dict()) for c in (cfg, first)]
    if name == 'unified':  # what is trained on is what is compared
        for loader in loaders:
            del loader['dataset']['shared']['degradations']
    assert loaders[0] == loaders[1] and loaders[0]['batch_size'] == 4
    assert cfg.train_dataloader.dataset.shared.crop_size == 96
    assert any(hook.type == 'EMAHook' for hook in cfg.custom_hooks)


@pytest.mark.parametrize(('name', 'variant'), VARIANTS)
def test_no_list_of_test_pairs_is_touched(name, variant):
    study = own(name)
    named = set(texts(study.run_config(variant, 0, 9).train_dataloader.to_dict()))
    lists = {text for text in named if text.startswith('splits/')}
    assert lists and all(text.endswith('_fit.txt') for text in lists)
    assert not any('test' in Path(text).parts for text in named)
    scenario = study.scenario('noise', 'DATA')
    assert scenario.split == 'train' and scenario.pairs == VALIDATION[study.task][1]
    fitted = {stem for text in lists for stem in (share_root() / text).read_text().split()}
    assert not fitted & set((share_root() / scenario.pairs).read_text().split())


def test_light_networks_keep_their_budget_and_cost_about_the_same():
    study = own('backbones')
    costs = {name: network_costs(study.variant_config(name)) for name in study.variants}
    assert costs.pop('paper')['parameters_m'] == pytest.approx(31.77, abs=0.01)
    assert len(costs) >= 4
    for name, found in costs.items():
        assert found['parameters_m'] <= 1.5 and 25 <= found['gflop_per_step'] <= 30, name


@pytest.mark.parametrize('task', ['ivf', 'mif'])
def test_with_and_without_correction_start_from_the_same_weights(task):
    study = own(f'correction_{task}')
    assert len(study.seeds) >= 3
    states = []
    for variant in ('with', 'without'):
        torch.manual_seed(0)
        model = MODELS.build(study.run_config(variant, 0, 9).model)
        states.append(model.backbone.state_dict())
        assert (model.sampler.correction_scale is None) is (variant == 'without')
        assert model.sampler.init == 'pinv' and model.sampler.schedule.num_steps == 3
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_a_run_averages_over_the_share_of_the_base_and_saves_once(tiny_study):
    for iterations, momentum in ((100, 0.01), (10, 0.1), (1, 0.5)):
        cfg = tiny_study.run_config('with', 3, iterations)
        (ema,) = [hook for hook in cfg.custom_hooks if hook.type == 'EMAHook']
        assert ema.momentum == pytest.approx(momentum)
        assert cfg.default_hooks.checkpoint.interval == cfg.train_cfg.max_iters == iterations
        assert cfg.train_cfg.val_interval > iterations and cfg.randomness.seed == 3
    assert cfg.train_dataloader.dataset.crop_size == 24


def test_reading_leaves_the_variants_as_they_are(tiny_study):
    study = own('scales')
    first, second = (key_of(study.run_config('constant', 0, 5)) for _ in range(2))
    assert first == second and study.variants['constant']['model']['sampler']['correction_scale']['_delete_']
    assert key_of(study.run_config('constant', 1, 5)) != first != key_of(study.run_config('ddnm', 0, 5))
    assert 'type' not in tiny_study.variants['with']


@pytest.mark.parametrize(('old', 'new', 'text'), [
    ("'ivf'", "'xyz'", "task must be one of ivf, mif, got 'xyz'"),
    ("['noise']", "['fog']", "'fog' is no name of a scenario; allowed are noise, blur"),
    ("{'with'", "{'../with'", "'../with' is no name of a variant"),
    ('[0, 1]', '[]', 'seeds must be one or more, all different, got'),
    ('[0, 1]', '[1, 1]', 'seeds must be one or more, all different, got'),
    ('amp = ', 'apm = ', 'missing: amp, unknown: apm')])
def test_mistakes_are_named(study_root, tmp_path, old, new, text):
    (tmp_path / 'wrong.py').write_text((study_root / 'tiny.py').read_text().replace(old, new))
    with pytest.raises(UserError, match=text):
        read_study(tmp_path / 'wrong.py')


def test_a_base_that_counts_epochs_is_refused(study_root, tmp_path):
    text = (study_root / 'tiny.py').read_text().replace(str(study_root / 'base.py'), 'drfusion/ivf_composite.py')
    (tmp_path / 'epochs.py').write_text(text)
    with pytest.raises(UserError, match='base drfusion/ivf_composite.py needs train_cfg.max_iters'):
        read_study(tmp_path / 'epochs.py').run_config('with', 0, 5)
