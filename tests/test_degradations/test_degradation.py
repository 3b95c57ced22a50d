"""Ordered stages: A, effective sigma, luminance of the degraded image; and the release's own files."""

import cv2
import pytest
import torch

from drfuse.degradations import AveragePool, Compose, Degradation, GaussianBlur, Identity, Observation
from drfuse.structures import rgb_to_ycbcr
from drfuse.utils.seed import keyed_generator

FLOOR = dict(type='Floor')
BLUR = dict(type='GaussianBlur', sigma=2.0, kernel_size=21, boundary='zero')
LUMA_OF_RGB_NOISE = (0.299**2 + 0.587**2 + 0.114**2) ** 0.5


def noise(variance):
    return dict(type='GaussianNoise', sigma=variance**0.5)


def grey(height=64, width=64, channels=3, value=0.5):
    return torch.full((1, channels, height, width), value, dtype=torch.float64)


def sigma_of(stages, image):
    observation, _ = Degradation(stages).observe(image, keyed_generator(0))
    return observation


@pytest.mark.parametrize(('channels', 'factor'), [(3, LUMA_OF_RGB_NOISE), (1, 1.0)])
def test_sigma_is_that_of_the_luminance(channels, factor):
    observation = sigma_of([noise(0.003)], grey(256, 256, channels))
    assert observation.sigma.item() == pytest.approx(0.003**0.5 * factor)
    assert observation.y.std().item() == pytest.approx(observation.sigma.item(), rel=0.02)
    assert LUMA_OF_RGB_NOISE == pytest.approx(0.6686, abs=5e-5)


@pytest.mark.parametrize(
    'stages',
    [
        [noise(0.001), dict(type='AveragePool', factor=4)],
        [noise(0.001), dict(type='GaussianBlur', sigma=1.5)],
        [BLUR, noise(0.002), dict(type='AveragePool', factor=2), noise(0.0004)],
        [noise(0.001), dict(type='GaussianBlur', sigma=1.0), dict(type='AveragePool', factor=2)],
        [noise(0.001), dict(type='BicubicDownsample', factor=2)],
        [dict(type='PoissonGaussianNoise', gain=0.01, sigma=0.02), dict(type='AveragePool', factor=2)],
        [dict(type='SpeckleNoise', sigma=0.1)],
        [dict(type='StripeNoise', sigma=0.05)],
    ],
)
@pytest.mark.parametrize('channels', [1, 3])
def test_effective_sigma_is_measured_noise(stages, channels):
    degradation = Degradation(stages)
    image = grey(128, 128, channels)
    params = degradation.sample_params(keyed_generator(1))
    ys = torch.cat(
        [
            degradation.attach(degradation.degrade(image, params, keyed_generator('n', i)), (128, 128), params)[0].y
            for i in range(24)
        ]
    )
    predicted = degradation.attach(degradation.degrade(image, params, keyed_generator(2)), (128, 128), params)[0].sigma
    inner = (..., slice(8, -8), slice(8, -8))
    measured = ys.var(0, keepdim=True)[inner].mean().sqrt()
    assert predicted.expand(1, 1, *ys.shape[-2:])[inner].mean().item() == pytest.approx(measured.item(), rel=0.04)


def test_pooling_divides_sigma_by_the_factor_also_in_partial_cells():
    observation = sigma_of([noise(0.01), dict(type='AveragePool', factor=2)], grey(5, 6, 1))
    assert observation.sigma[0, 0, 0, 0].item() == pytest.approx(0.05)
    assert observation.sigma[0, 0, -1, 0].item() == pytest.approx(0.1 / 2**0.5)


def test_linear_stages_compose_A_and_quantisers_do_not():
    operator = sigma_of(
        [BLUR, FLOOR, noise(0.001), FLOOR, dict(type='AveragePool', factor=4), FLOOR], grey()
    ).A.operator
    assert isinstance(operator, Compose)
    assert [type(o) for o in operator.operators] == [GaussianBlur, AveragePool]
    assert isinstance(sigma_of([noise(0.1), FLOOR], grey()).A.operator, Identity)


def test_every_stored_channel_has_its_own_noise_and_chroma_is_degraded():
    observation, chroma = Degradation([noise(0.003)]).observe(grey(96, 96), keyed_generator(3))
    assert chroma.std() > 0.01  # clean grey has constant chroma: what comes back is that of the noisy image
    degraded = Degradation([noise(0.003)]).degrade(
        grey(96, 96), dict({'0.sigma': torch.tensor([0.05])}), keyed_generator(3)
    )
    correlation = torch.corrcoef(degraded[0].flatten(1))
    assert (correlation - torch.eye(3)).abs().max() < 0.05
    assert observation.y.shape == (1, 1, 96, 96)


def test_observe_is_attach_of_degrade_and_repeats_with_the_seed():
    degradation = Degradation([BLUR, noise(0.002), FLOOR])
    image = torch.rand(1, 3, 32, 40, generator=keyed_generator(4), dtype=torch.float64)
    first, second = (degradation.observe(image, keyed_generator(5))[0] for _ in range(2))
    assert torch.equal(first.y, second.y)
    assert not torch.equal(first.y, degradation.observe(image, keyed_generator(6))[0].y)


def test_stack_joins_samples_and_names_differing_shapes():
    degradation = Degradation([dict(type='GaussianBlur', sigma=(1, 2)), noise(0.001)])
    a, b, c = (degradation.observe(grey(h, 32, 1), keyed_generator(h))[0] for h in (32, 32, 33))
    both = Observation.stack([a, b])
    assert both.y.shape[0] == both.sigma.shape[0] == both.A.params['sigma'].shape[0] == both.A.noise_std.shape[0] == 2
    with pytest.raises(ValueError, match=r'different shapes \[\(1, 32, 32\), \(1, 33, 32\)\]'):
        Observation.stack([a, c])


def test_attach_refuses_a_size_that_A_does_not_give():
    with pytest.raises(ValueError, match=r'maps \(64, 64\) to \(32, 32\), but the observed image is \(31, 32\)'):
        Degradation([dict(type='AveragePool', factor=2)]).attach(grey(31, 32), (64, 64))


def test_attach_needs_fixed_parameters():
    with pytest.raises(ValueError, match='GaussianNoise sigma is drawn from'):
        Degradation([dict(type='GaussianNoise', sigma=(0, 0.1))]).attach(grey(), (64, 64))


# ---- the release's own files ---------------------------------------------------------------------


@pytest.fixture(scope='module')
def m3fd(shared_dir):
    def load(name):
        image = cv2.imread(str(shared_dir / 'data' / 'm3fd_sample' / name), cv2.IMREAD_UNCHANGED)
        image = image[..., None] if image.ndim == 2 else image[..., ::-1]
        return torch.from_numpy(image.copy()).permute(2, 0, 1)[None].double() / 255

    return load


@pytest.mark.parametrize('modality', ['vi', 'ir'])
def test_release_blur_is_reproduced(m3fd, modality):
    clean, released = m3fd(f'clean/{modality}/00000.png'), m3fd(f'released/blur/{modality}/00000.png')
    degradation = Degradation([BLUR, FLOOR])
    ours = degradation.degrade(clean[:, : released.shape[1]], degradation.sample_params(), None)
    difference = ((ours - released) * 255).round().abs()
    assert difference.max() <= 1
    assert (difference == 0).double().mean() >= 0.9999


def test_release_noise_has_our_statistics(m3fd):
    clean, released = m3fd('clean/vi/00000.png'), m3fd('released/noise/vi/00000.png')
    degradation = Degradation([noise(0.003), FLOOR])
    ours = degradation.degrade(clean, degradation.sample_params(), keyed_generator(2026))
    clean_luma = rgb_to_ycbcr(clean)[0]
    for image in (ours, released):
        assert ((image - clean) * 255).std().item() == pytest.approx(13.97, abs=0.05)
        assert ((rgb_to_ycbcr(image)[0] - clean_luma) * 255).std().item() == pytest.approx(9.33, abs=0.05)


def test_release_composite_has_our_statistics(m3fd):
    clean, released = m3fd('clean/vi/00000.png'), m3fd('released/composite/vi/00000.png')
    blurred = Degradation([BLUR, FLOOR])
    base = blurred.degrade(clean, blurred.sample_params(), None)
    stages = [BLUR, FLOOR, noise(0.001), FLOOR]
    degradation = Degradation(stages)
    for image in (degradation.degrade(clean, degradation.sample_params(), keyed_generator(2026)), released):
        assert ((image - base) * 255).std().item() == pytest.approx(8.07, abs=0.05)


def test_release_composite_infrared_has_our_residual(m3fd):
    clean, released = m3fd('clean/ir/00000.png'), m3fd('released/composite/ir/00000.png')
    degradation = Degradation([BLUR, FLOOR, noise(0.001), FLOOR, dict(type='AveragePool', factor=4), FLOOR])
    observation, _ = degradation.observe(clean, keyed_generator(2026))
    assert observation.y.shape == (1, 1, 192, 256)
    expected = observation.A.forward(rgb_to_ycbcr(clean)[0])
    ours, theirs = ((y - expected).std() * 255 for y in (observation.y, rgb_to_ycbcr(released)[0]))
    assert ours.item() == pytest.approx(theirs.item(), abs=0.05)
    assert observation.sigma.item() * 255 == pytest.approx(0.001**0.5 * 255 * LUMA_OF_RGB_NOISE / 4)


def test_a_solver_for_the_whole_of_A_may_be_one_for_convolutions():
    degradation = Degradation([dict(type='GaussianBlur', sigma=1.0)], pinv_solver=dict(type='WienerPinv', gamma=1e-6))
    observation, _ = degradation.observe(grey(16, 16, 1), keyed_generator(0))
    own = GaussianBlur(1.0, pinv_solver=dict(type='WienerPinv', gamma=1e-6))
    assert repr(observation.A.operator) == repr(own)
    assert degradation.stages[0].pinv_solver.gamma == 'auto'  # the stage itself is as it was
    torch.testing.assert_close(observation.A.pinv(observation.y), own.bind(own.sample_params(None), (16, 16)).pinv(
        observation.y))


@pytest.mark.parametrize('axis', ['column', 'row'])
@pytest.mark.parametrize('tail', [dict(type='AveragePool', factor=4), dict(type='GaussianBlur', sigma=1.5)])
def test_stripes_survive_averaging_along_them(tail, axis):
    stages = [dict(type='StripeNoise', sigma=0.05, axis=axis), tail]
    degradation = Degradation(stages)
    params = degradation.sample_params()
    ys = [degradation.degrade(grey(128, 128, 1), params, keyed_generator(i)) for i in range(40)]
    declared = sigma_of(stages, grey(128, 128, 1)).sigma.mean().item()
    assert declared == pytest.approx(torch.cat(ys).std().item(), rel=0.05)


def test_truncation_keeps_the_level_of_a_flat_image_in_single_precision():
    degradation = Degradation([BLUR | dict(boundary='reflect'), FLOOR])
    for level in (37, 100, 200):
        image = torch.full((1, 1, 64, 64), level / 255)
        degraded = degradation.degrade(image, degradation.sample_params(), None)
        assert (degraded * 255).round().unique().tolist() == [level]


def test_stack_forgets_a_noise_level_that_not_all_samples_have():
    both = [Degradation([noise(0.001)]).observe(grey(8, 8, 1), keyed_generator(i))[0] for i in range(2)]
    both[0] = Observation(both[0].y, both[0].A.with_noise(None), both[0].sigma)
    assert Observation.stack(both).A.noise_std is None


def test_a_stage_that_does_half_as_much():
    blur = dict(type='Compose', operators=[dict(type='GaussianBlur', sigma=2.0, sigma2=1.0, angle=30.0),
                                           dict(type='MotionBlur', length=8.0, angle=20.0)])
    degradation = Degradation([blur, dict(type='AveragePool', factor=2), dict(type='GaussianNoise', sigma=0.1)])
    half = degradation.scaled(degradation.sample_params(), [0.5, 0.5, 3.0])
    assert {name: float(value) for name, value in half.items()} == pytest.approx(
        {'0.0.sigma': 1.0, '0.0.sigma2': 0.5, '0.0.angle': 30.0, '0.1.length': 4.0, '0.1.angle': 20.0,
         '2.sigma': 0.3})
