import pytest
import torch
from mmengine.registry import init_default_scope

from drfuse.evaluation.study.measuring import inference_times, network_costs, quality
from drfuse.evaluation.study.training import CONFIG_FILE
from drfuse.registry import MODELS


@pytest.fixture
def models(tiny_study, work):
    """Write config and weights of both variants."""
    init_default_scope('drfuse')
    found = {}
    for variant in tiny_study.variants:
        cfg, folder = tiny_study.run_config(variant, 0, 1), work / variant
        folder.mkdir()
        cfg.dump(str(folder / CONFIG_FILE))
        torch.manual_seed(0)
        torch.save(MODELS.build(cfg.model).state_dict(), folder / 'w.pth')
        found[variant] = str(folder / CONFIG_FILE), str(folder / 'w.pth')
    return found


def test_costs_are_those_of_the_network(tiny_study):
    found, small = (network_costs(tiny_study.variant_config('with'), size) for size in ((768, 1024), (384, 512)))
    assert found['gflop_per_step'] == pytest.approx(4 * small['gflop_per_step'], rel=0.01)
    assert 0 < found['parameters_m'] < 0.1


def test_models_are_measured_on_some_pairs_of_each_scenario(models, tiny_study, study_root, work):
    scenarios = {name: tiny_study.scenario(name, study_root) for name in ('noise', 'blur')}
    counted = []

    def counter(title, total):
        assert total == 2 * 2 * 3
        return lambda: counted.append(title)

    found = quality(list(models.values()), scenarios, 3, work / 'cache', 1, counter)
    assert len(found) == 2 and len(counted) == 12
    for scenario in found[0].values():
        assert set(scenario['sources']) == {'ir', 'vis'} and {'QMI', 'QW', 'QABF_min'} <= set(scenario['fused'])
    # an untrained step returns its input: only the correction makes a difference
    assert found[0]['blur']['sources']['vis'] != found[1]['blur']['sources']['vis']


def test_a_step_and_the_whole_are_timed_for_every_variant(models, tiny_study, study_root):
    times = inference_times(models, tiny_study.scenario('noise', study_root), (64, 96))
    assert list(times) == ['with', 'without']
    assert all(found['step_ms'] > 0 and found['whole_ms'] > 0 for found in times.values())
