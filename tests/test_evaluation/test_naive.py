"""The baselines without a network: what they are, and that the choice is made on training pairs."""

import json

import torch
from mmengine.config import Config

from drfuse.degradations import Degradation, Observation, WienerPinv
from drfuse.evaluation.naive import GAMMAS, NaiveBaseline, bicubic, candidates, measure_config, regularised_pinv
from drfuse.structures import FusionDataSample
from drfuse.utils.seed import keyed_generator

BLUR = dict(type='GaussianBlur', sigma=1.2)
POOL = dict(type='AveragePool', factor=2)


def observe(stages, key=0, size=(32, 40)) -> tuple[torch.Tensor, Observation]:
    coarse = torch.rand(1, 1, 8, 10, generator=keyed_generator(key))
    image = torch.nn.functional.interpolate(coarse, size, mode='bicubic').clamp(0, 1)
    return image, Degradation(stages).observe(image, keyed_generator(key, 'noise'))[0]


def sample(stages, key):
    image, observation = observe(stages, key)
    return dict(inputs=dict(ir=observation), data_samples=FusionDataSample(gt_sources=image[0]))


def test_bicubic_enlarges_only_what_is_small():
    assert bicubic(observe([POOL])[1]).shape[-2:] == (32, 40)
    same = observe([BLUR])[1]
    assert bicubic(same) is same.y


def test_regularisation_reaches_every_wiener_filter_and_changes_nothing_else():
    _, observation = observe([BLUR, POOL])
    explicit = Degradation([dict(BLUR, pinv_solver=dict(type='WienerPinv', gamma=0.05)), POOL])
    expected = explicit.attach(observation.y, (32, 40))[0].A.pinv(observation.y)
    torch.testing.assert_close(regularised_pinv(observation, 0.05), expected)
    assert observation.A.operator.operators[0].pinv_solver.gamma == WienerPinv().gamma


def test_candidates():
    assert set(candidates(observe([BLUR])[1])) == {'bicubic y', *(f'A^+ y, gamma={g:g}' for g in GAMMAS)}
    assert set(candidates(observe([POOL])[1])) == {'bicubic y', 'A^+ y'}


def test_choice_is_made_on_the_training_pairs():
    noisy, clean = [BLUR, dict(type='GaussianNoise', sigma=0.1)], [BLUR]
    report = NaiveBaseline().fit([sample(noisy, i) for i in range(3)]).measure([sample(clean, 9)])['ir']
    assert report['regularisation'] in ('A^+ y, gamma=0.1', 'A^+ y, gamma=0.03')
    best_on_test = NaiveBaseline().fit([sample(clean, 9)]).measure([sample(clean, 9)])['ir']
    assert best_on_test['psnr']['A^+ y'] > report['psnr']['A^+ y']
    assert report['best'] == report['psnr'][report['chosen']]


def test_the_better_baseline_is_that_of_the_training_pairs():
    """With this much noise A^+ y loses to y; what wins on the test pairs, which are clean, is not known beforehand."""
    noisy, clean = [BLUR, dict(type='GaussianNoise', sigma=0.4)], [BLUR]
    baseline = NaiveBaseline().fit([sample(noisy, i) for i in range(3)])
    baseline.choice['ir']['A^+ y'] = 'A^+ y, gamma=0.001'
    chosen = baseline.choice['ir']['best']
    test = {name: baseline.measure([sample(stages, 9)])['ir'] for name, stages in (('noisy', noisy), ('clean', clean))}
    assert {row['chosen'] for row in test.values()} == {chosen}
    assert all(row['best'] == row['psnr'][chosen] for row in test.values())
    assert any(row['best'] < max(row['psnr'].values()) for row in test.values())


def test_equal_images_count_100_db():
    report = NaiveBaseline().fit([sample([], 0)]).measure([sample([], 1)])['ir']
    assert report['psnr'] == {'bicubic y': 100, 'A^+ y': 100} and report['best'] == 100
    assert 'Infinity' not in json.dumps(report)


def test_measures_the_pairs_of_a_config():
    data = dict(type='PairedFusionDataset', degradations=dict(ir=[BLUR], vis=[POOL]), pipeline=[
        dict(type='LoadModalities'), dict(type='SynthesizeObservations'), dict(type='PackFusionInputs')])
    pairs = dict(task='ivf', num=2, size=(48, 48))
    cfg = Config(dict(train_dataloader=dict(dataset=dict(data, split='train', embedded=pairs)),
                      test_dataloader=dict(dataset=dict(data, split='test', test_mode=True, embedded=pairs))))
    report = measure_config(cfg)
    assert set(report) == {'ir', 'vis'}
    assert all(10 < row['best'] < 60 for row in report.values())
    assert report['vis']['regularisation'] == 'A^+ y'
