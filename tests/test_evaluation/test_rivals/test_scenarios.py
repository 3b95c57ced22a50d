import pytest
import torch

from drfuse.evaluation.rivals.scenarios import Scenario, paths, scenario_dataset, stems
from drfuse.utils.config import UserError


def test_listed_pairs_with_the_noise_of_their_stems(scenario):
    assert stems(scenario()) == ['p0', 'p2'] and stems(scenario(pairs='')) == ['p0', 'p1', 'p2']
    few, many = scenario_dataset(scenario())[1], scenario_dataset(scenario(pairs=''))[2]
    assert few['data_samples'].stem == many['data_samples'].stem == 'p2'
    assert torch.equal(few['inputs']['ir'].y, many['inputs']['ir'].y)
    assert paths(scenario(), 'p2')['vis'].endswith('vi/p2.png')


def test_recipes(scenario):
    def shapes(name):
        sample = scenario_dataset(scenario(name))[0]
        return {k: (tuple(o.y.shape[-2:]), round(float(o.sigma.max()), 4)) for k, o in sample['inputs'].items()}
    assert shapes('noise')['ir'] == ((48, 64), 0.0548)
    assert shapes('composite')['ir'] == ((24, 32), 0.0158)
    assert shapes('clean') == dict(ir=((48, 64), 0.0), vis=((48, 64), 0.0))
    clean = scenario_dataset(scenario('clean'))[0]
    assert torch.equal(clean['inputs']['vis'].y[0], clean['data_samples'].gt_sources[1:])


def test_boundary_replaces_that_of_the_recipe(scenario):
    assert "'boundary': 'zero'" in str(scenario('blur', 'zero').dataset_config()['degradations'])
    medical = Scenario('mif', 'blur', 'somewhere', 'test').dataset_config()
    assert "'boundary': 'zero'" in str(medical['degradations'])


def test_mistakes_are_named(scenario, road_root):
    with pytest.raises(UserError, match='got ivf and fog'):
        scenario('fog').dataset_config()
    with pytest.raises(UserError, match='none.txt does not exist'):
        scenario(pairs='none.txt').dataset_config()
    with pytest.raises(UserError, match='nowhere'):
        scenario_dataset(Scenario('ivf', 'noise', 'nowhere', 'test'))
