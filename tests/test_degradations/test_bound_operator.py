"""Operators bound to an image: windows of them, and the noise gain that does not depend on the size."""

import pytest
import torch

from drfuse.degradations import CGPinv, Compose, Degradation, GaussianBlur, Identity, Mask, Observation, Window
from drfuse.degradations.bound_operator import BoundOperator, probe_signs
from drfuse.utils.seed import keyed_generator

from .operators import CONFIGS, build


@pytest.mark.parametrize('name', CONFIGS)
def test_inner_windows_of_every_operator(name):
    operator = build(name)
    shape = (80, 77)
    A = operator.bind(operator.sample_params(keyed_generator(name)), shape)
    if A.reach is None:
        assert 'circular' in repr(operator)
        with pytest.raises(ValueError, match='has no finite reach'):
            A.window(Window(0, 12, 0, 12))
        return
    window = Window(12, 60, 12, 72)
    x = torch.randn(1, 1, *shape, generator=keyed_generator(1), dtype=torch.float64)
    part, seen, lost = A.window(window), A.observed(window), -(-A.reach // A.stride)
    inner = Window(lost, seen.shape[0] - lost, lost, seen.shape[1] - lost)
    assert min(inner.shape) > 3
    result, expected = part.forward(window.cut(x)), seen.cut(A.forward(x))
    torch.testing.assert_close(inner.cut(result), inner.cut(expected), rtol=0, atol=1e-12)
    assert part.pinv(result).shape[-2:] == window.shape


def test_a_window_of_a_window_is_a_window():
    mask = (torch.rand(40, 40, generator=keyed_generator('m')) < 0.5).int().tolist()
    A = Compose([GaussianBlur(0.7), Mask(mask)]).bind(dict([('0.sigma', torch.tensor([0.7]))]), (40, 40))
    x = torch.rand(1, 1, 40, 40)
    twice = A.window(Window(4, 40, 0, 30)).window(Window(4, 30, 6, 30))
    once = A.window(Window(8, 34, 6, 30))
    assert torch.equal(twice.forward(x[..., 8:34, 6:30]), once.forward(x[..., 8:34, 6:30]))


def test_windows_keep_the_solver_and_the_noise():
    A = GaussianBlur(1.0, pinv_solver=dict(type='CGPinv')).bind(dict(sigma=torch.ones(1)), (32, 32))
    part = A.with_noise(torch.tensor([0.1])).window(Window(0, 16, 0, 16))
    assert isinstance(part.operator.pinv_solver, CGPinv) and part.noise_std == 0.1


def test_windows_keep_the_noise_gain_of_the_whole():
    mask = torch.ones(8, 32)
    mask[:, 8:] = 0  # a quarter is seen
    A = Mask(mask.tolist()).bind({}, (8, 32))
    part = A.window(Window(0, 8, 0, 8))
    assert float(A.pinv_noise_gain()) == float(part.pinv_noise_gain()) == 0.5
    assert float(part.with_noise(torch.ones(1)).pinv_noise_gain()) == 1.0  # forgotten: it may depend on the noise
    assert BoundOperator.stack([part, part]).pinv_noise_gain().tolist() == [0.5, 0.5]


def test_the_noise_gain_hardly_depends_on_the_size():
    blur = dict(sigma=torch.tensor([2.0]))
    gains = [float(GaussianBlur(2.0, 21).bind(blur, shape).pinv_noise_gain()) for shape in ((512, 512), (1024, 1032))]
    assert gains[0] == pytest.approx(gains[1], rel=0.01)


def test_the_noise_gain_of_a_large_image_probes_windows_only(monkeypatch):
    seen = []
    pinv = Identity.pinv
    monkeypatch.setattr(Identity, 'pinv', lambda self, y, *rest: seen.append(y.shape[-2:]) or pinv(self, y, *rest))
    assert float(Identity().bind({}, (3000, 4000)).pinv_noise_gain()) == 1.0
    assert seen == [(256, 256)] * 16


def test_an_observation_is_cut_with_its_operator():
    stages = [dict(type='GaussianBlur', sigma=1.0), dict(type='PoissonGaussianNoise', gain=0.01),
              dict(type='AveragePool', factor=2)]
    image = torch.rand(1, 1, 48, 45, generator=keyed_generator(2))
    whole, _ = Degradation(stages).observe(image, keyed_generator(3))
    part = whole.window(Window(8, 32, 4, 45))
    assert isinstance(part, Observation)
    assert torch.equal(part.y, whole.y[..., 4:16, 2:]) and torch.equal(part.sigma, whole.sigma[..., 4:16, 2:])
    assert part.A.image_shape == (24, 41) and part.A.noise_std == whole.A.noise_std


@pytest.mark.parametrize(('name', 'low', 'high'), [('identity', 0, 0), ('pool3', 0, 0), ('mask', 0, 0),
                                                   ('gaussian_zero_large', 11, 60), ('bicubic', 4, 30)])
def test_how_far_the_pseudoinverse_reaches(name, low, high):
    operator = build(name)
    A = operator.bind(operator.sample_params(keyed_generator(name)), (300, 290))
    assert low <= A.pinv_reach() <= high
    assert A.pinv_reach(0.1) <= A.pinv_reach(0.001)


def test_beyond_its_reach_the_pseudoinverse_feels_little():
    A = GaussianBlur(2.0, 21).bind(dict(sigma=torch.tensor([2.0])), (64, 256))
    y = torch.rand(1, 1, 64, 256, generator=keyed_generator(4))
    change = (A.pinv(y) - A.pinv(torch.cat([y[..., :128], 1 - y[..., 128:]], -1))).abs().amax((0, 1, 2))
    reach = A.pinv_reach()
    assert float(change[:128 - reach].max()) < 0.5 / 255 < float(change[120:128].max())


def test_no_reach_is_told_for_what_does_not_fall_off():
    assert build('gaussian_circular').bind(dict(sigma=torch.ones(1)), (64, 64)).pinv_reach() is None
    slow = GaussianBlur(3.0, pinv_solver=dict(type='WienerPinv', gamma=1e-9))
    assert slow.bind(dict(sigma=torch.tensor([3.0])), (128, 128)).pinv_reach() is None


def test_samples_of_a_batch():
    blur = GaussianBlur(sigma=(0.5, 2.0), kernel_size=9)
    single = [Degradation([blur, dict(type='GaussianNoise', sigma=0.1)]).observe(
        torch.rand(1, 1, 20, 24), keyed_generator(i))[0] for i in range(3)]
    together = Observation.stack(single)
    for i, one in enumerate(single):
        sample = together.sample(i)
        assert torch.equal(sample.y, one.y) and torch.equal(sample.sigma, one.sigma)
        assert torch.equal(sample.A.params['sigma'], one.A.params['sigma'])
        torch.testing.assert_close(sample.A.pinv(sample.y), one.A.pinv(one.y))


def test_patterns_of_signs_are_rows_of_one_sequence():
    small, large = probe_signs((3, 5)), probe_signs((8, 40))
    assert torch.equal(small.flatten(), large.flatten()[:15]) and set(large.unique().tolist()) == {-1.0, 1.0}
