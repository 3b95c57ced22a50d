"""Algorithm 1: initial state, steps, trajectory, a golden loop, and what the correction does at the end."""

import pytest
import torch

from drfuse.degradations import AveragePool, Degradation, Observation
from drfuse.diffusion import FusionDDIMSampler
from drfuse.diffusion.denoiser import DenoiserOutput
from drfuse.diffusion.samplers import full_size_sigma
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.utils.seed import keyed_generator

SHAPE = (17, 22)


GOLDEN = [0.504720, 0.303008, 0.524654, 0.388630, 0.455071, 0.258011]
"""Mean and mean square of source 1, source 2 and fused image, torch 2.13, CPU, float32."""


class FixedDenoiser(BaseDenoiser):
    """Predicts smooth functions of its input: no weights, the same everywhere."""

    def __init__(self, uses_condition=False, num_sources=2):
        super().__init__(num_sources)
        self.uses_condition = uses_condition
        self.seen = []

    def forward_features(self, x, t, cond):
        self.seen.append((int(t[0]), x.clone(), cond))
        eps = 0.3 * torch.sin(3 * x) + 0.02 * t.view(-1, 1, 1, 1)
        return DenoiserOutput(eps, torch.cos(5 * x[:, :-1]))


def observe(stages, key, batch=2):
    degradation = Degradation(stages)
    images = torch.rand(batch, 1, *SHAPE, generator=keyed_generator(key))
    return Observation.stack(
        [degradation.observe(image[None], keyed_generator(key, i))[0] for i, image in enumerate(images)]
    )


class Diarist(FixedDenoiser):
    """Leaves a note that says at which step it was written."""

    def forward_features(self, x, t, cond):
        return super().forward_features(x, t, cond)._replace(memory=(torch.full((len(x), 1), float(t[0])),))


@pytest.fixture
def observations():
    composite = [
        dict(type='GaussianBlur', sigma=1.0),
        dict(type='GaussianNoise', sigma=0.03),
        dict(type='AveragePool', factor=2),
    ]
    return [observe(composite, 1), observe([dict(type='GaussianNoise', sigma=0.05)], 2)]


def test_a_step_is_told_what_the_one_before_noted(observations):
    denoiser = Diarist(uses_condition=True)
    FusionDDIMSampler(3)(denoiser, observations)
    read = [None if cond.memory is None else cond.memory[0].flatten().tolist() for _, _, cond in denoiser.seen]
    assert read == [None, [3.0, 3.0], [2.0, 2.0]]


@pytest.mark.parametrize('steps', [1, 2, 3, 4, 5])
def test_runs_for_any_number_of_steps(observations, steps):
    denoiser = FixedDenoiser()
    out = FusionDDIMSampler(steps, correction_scale=dict(type='DDNMPlusScale'))(denoiser, observations, True)
    assert [t for t, _, _ in denoiser.seen] == list(range(steps, 0, -1)) == [r.t for r in out.trajectory]
    assert out.fused.shape == (2, 1, *SHAPE) and len(out.sources) == 2 and out.weights.shape == (2, 2, *SHAPE)
    torch.testing.assert_close(out.weights.sum(1), torch.ones(2, *SHAPE))
    torch.testing.assert_close(out.trajectory[-1].x0[:, -1:], out.fused)


def test_golden_loop(observations):
    """Frozen sum and mean of squares of a deterministic loop: a change of the numerics must be meant."""
    out = FusionDDIMSampler(3, correction_scale=dict(type='DDNMPlusScale'))(FixedDenoiser(), observations)
    found = [float(v.detach()) for s in (*out.sources, out.fused) for v in (s.mean(), s.square().mean())]
    assert found == pytest.approx(GOLDEN, rel=2e-4)


def test_clipped_predictions(observations):
    """A network that predicts nonsense cannot leave the range, whatever the operators would make of it."""
    class Wild(FixedDenoiser):
        def forward_features(self, x, t, cond):
            return DenoiserOutput(1e4 * torch.sin(3 * x), torch.cos(5 * x[:, :-1]))

    wild = Wild()
    free, bounded = (FusionDDIMSampler(3, x0_range=bounds)(wild, observations) for bounds in (None, (-0.5, 1.5)))
    assert free.sources[0].abs().max() > 100
    assert all(x.abs().max() < 3 for _, x, _ in wild.seen[3:])
    assert all(s.min() >= -0.5 and s.max() <= 1.5 for s in (*bounded.sources, bounded.fused))
    mild = (FusionDDIMSampler(3, x0_range=b)(FixedDenoiser(), observations).fused for b in (None, (-9.0, 9.0)))
    torch.testing.assert_close(*mild)
    with pytest.raises(ValueError, match=r'x0_range must be None or \(low, high\) with low < high, got \(1, 0\)'):
        FusionDDIMSampler(3, x0_range=(1, 0))


def test_the_correction_leaves_to_the_network_what_noise_hides():
    """A^+ made for the error of x0 raises noise to half that error at most, A^+ made for images further."""
    blurred = observe([dict(type='GaussianBlur', sigma=2.0), dict(type='GaussianNoise', sigma=0.03)], 1)
    (trusted,) = FusionDDIMSampler(1, error_std=0.02)._trusted([blurred])
    noise = 0.03 * torch.randn(blurred.y.shape, generator=keyed_generator(7))
    assert trusted.A.pinv(noise).std() < 0.01 < blurred.A.pinv(noise).std()


def test_the_noise_floor_damps_the_trust_in_clean_data(observations):
    clean = observe([dict(type='AveragePool', factor=2)], 3)
    settings = dict(correction_scale=dict(type='LearnedScale', num_steps=1), error_std=0.02)
    free, floored = (FusionDDIMSampler(1, noise_floor=floor, **settings) for floor in (0.0, 0.02))
    scales = [s(FixedDenoiser(), [clean, clean], True).trajectory[0].scales[0] for s in (free, floored)]
    assert scales[0] == pytest.approx(0.9) and scales[1] == pytest.approx(0.45)
    with pytest.raises(ValueError, match='error_std must be None or > 0 and noise_floor >= 0, got 0 and 0.0'):
        FusionDDIMSampler(1, error_std=0)


def test_a_source_that_is_seen_as_it_is_comes_back_exactly(observations):
    """Rounding is an error of what is seen through a blur; the labels themselves are rounded."""
    scale = dict(type='LearnedScale', num_steps=2, fused=1.0)
    clean, exact = observe([], 3), dict(scale, keep_exact=True)
    sampler = FusionDDIMSampler(2, noise_floor=0.001, correction_scale=exact)
    output = sampler(FixedDenoiser(), [clean, observations[1]])
    torch.testing.assert_close(output.sources[0], clean.y, atol=1e-6, rtol=0)
    assert (output.sources[1] - observations[1].y).abs().max() > 0.01
    sampler = FusionDDIMSampler(2, noise_floor=0.001, correction_scale=scale)
    assert (sampler(FixedDenoiser(), [clean, clean]).sources[0] - clean.y).abs().max() > 0.01


def test_the_network_sees_filled_holes():
    masked = [observe([dict(type='RandomMask', keep=0.5, seed=k)], k) for k in (1, 2)]
    seen = []
    for fill in (False, True):
        denoiser = FixedDenoiser(uses_condition=True)
        FusionDDIMSampler(1, fill_holes=fill, init='pinv')(denoiser, masked)
        seen.append((denoiser.seen[0][2].pinv[:, :1] == 0).float().mean())
    assert seen[0] > 0.4 and seen[1] < 0.01


def test_initial_state(observations):
    sampler = FusionDDIMSampler(3)
    denoiser = FixedDenoiser()
    sampler(denoiser, observations)
    x_T = denoiser.seen[0][1] / 0.125**0.5
    low, same = observations
    torch.testing.assert_close(x_T[:, :1], low.A.pinv(low.y))  # no size agrees: A^+ y
    torch.testing.assert_close(x_T[:, 1:2], same.y)
    torch.testing.assert_close(x_T[:, 2], x_T[:, :2].mean(1))


def test_initial_state_from_the_pseudoinverse():
    blurred = [observe([dict(type='GaussianBlur', sigma=1.0)], k) for k in (1, 2)]
    starts = {}
    for init in ('observation', 'pinv'):
        denoiser = FixedDenoiser()
        FusionDDIMSampler(3, init=init)(denoiser, blurred)
        starts[init] = denoiser.seen[0][1][:, :1] / 0.125**0.5
    torch.testing.assert_close(starts['observation'], blurred[0].y)
    torch.testing.assert_close(starts['pinv'], blurred[0].A.pinv(blurred[0].y))


def test_without_correction_the_loop_is_plain_ddim(observations):
    out = FusionDDIMSampler(3, correction_scale=None)(FixedDenoiser(), observations)
    zero = FusionDDIMSampler(3, correction_scale=dict(type='ConstantScale', value=0.0))(FixedDenoiser(), observations)
    torch.testing.assert_close(out.fused, zero.fused)
    torch.testing.assert_close(out.sources[0], zero.sources[0])


def test_full_correction_makes_the_result_consistent():
    pairs = [observe([dict(type='AveragePool', factor=f)], f) for f in (2, 3)]
    out = FusionDDIMSampler(3, correction_scale=dict(type='ConstantScale'))(FixedDenoiser(), pairs, True)
    for o, x in zip(pairs, out.sources, strict=True):
        torch.testing.assert_close(o.A.forward(x), o.y, atol=1e-5, rtol=0)
    weighted = sum(out.weights[:, i : i + 1] * x for i, x in enumerate(out.sources))
    torch.testing.assert_close(out.fused, weighted)
    assert out.trajectory[-1].scales == [1, 1, 1] and max(out.trajectory[-1].residuals) < 1e-5


def test_full_correction_returns_the_noise_when_A_is_the_identity():
    pairs = [observe([dict(type='GaussianNoise', sigma=0.1)], k) for k in (1, 2)]
    trapped = FusionDDIMSampler(3, correction_scale=dict(type='ConstantScale'))(FixedDenoiser(), pairs)
    torch.testing.assert_close(trapped.sources[0], pairs[0].y)
    free = FusionDDIMSampler(3, correction_scale=dict(type='DDNMPlusScale'))(FixedDenoiser(), pairs)
    assert (free.sources[0] - pairs[0].y).abs().mean() > 1e-3


def test_condition_holds_what_is_known(observations):
    denoiser = FixedDenoiser(uses_condition=True)
    sampler = FusionDDIMSampler(2, correction_scale=dict(type='DDNMPlusScale'))
    sampler(denoiser, observations)
    cond = denoiser.seen[0][2]
    assert [seen[2].alpha_bar for seen in denoiser.seen] == list(sampler.schedule.alpha_bars().flip(0)[:2])
    low, same = observations
    torch.testing.assert_close(cond.pinv[:, :1], low.A.pinv(low.y))
    assert cond.residual.shape == cond.sigma.shape == (2, 2, *SHAPE)
    torch.testing.assert_close(cond.residual[:, 1:], torch.zeros(2, 1, *SHAPE), atol=1e-6, rtol=0)
    # the last row and partial cells average fewer pixels: their noise is larger
    assert cond.sigma[0, 0, 0, 0] < cond.sigma[0, 0, -1, 0]
    torch.testing.assert_close(cond.sigma[:, 1:], torch.full((2, 1, *SHAPE), 0.05))
    FusionDDIMSampler(2)(plain := FixedDenoiser(), observations)
    assert plain.seen[0][2] is None


def test_three_sources_of_three_sizes():
    trio = [observe([dict(type='AveragePool', factor=f)], f) for f in (1, 2, 3)]
    out = FusionDDIMSampler(2, correction_scale=dict(type='DDNMPlusScale'))(FixedDenoiser(num_sources=3), trio)
    assert out.weights.shape == (2, 3, *SHAPE) and len(out.sources) == 3


@pytest.mark.parametrize(
    'scale',
    [None, dict(type='ConstantScale', value=0.5), dict(type='DDNMPlusScale'), dict(type='LearnedScale', num_steps=3)],
)
@pytest.mark.parametrize('projection', ['paper', 'exact'])
def test_gradients_reach_schedule_and_scale(observations, scale, projection):
    sampler = FusionDDIMSampler(3, correction_scale=scale, projection=projection)
    out = sampler(FixedDenoiser(), observations)
    (out.fused.square().mean() + sum(s.square().mean() for s in out.sources)).backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in sampler.parameters())


def test_physics_stays_in_single_precision_under_autocast(observations):
    with torch.autocast('cpu', dtype=torch.bfloat16):
        out = FusionDDIMSampler(2, correction_scale=dict(type='DDNMPlusScale'))(FixedDenoiser(), observations)
    assert out.fused.dtype == out.sources[0].dtype == torch.float32


def test_unknown_init():
    with pytest.raises(ValueError, match="init must be one of .*got 'zeros'"):
        FusionDDIMSampler(3, init='zeros')


class LocalDenoiser(FixedDenoiser):
    """Declares that a pixel depends on itself alone."""

    receptive_field = 1


@pytest.mark.parametrize(('options', 'conditioned', 'reach'), [
    (dict(), False, 0), (dict(), True, 3 * 12), (dict(correction_scale=dict(type='ConstantScale')), True, 3 * 24),
    (dict(fusion=dict(type='StarletFusion', bands=3)), False, 3 * 6), (dict(num_steps=1), True, 12)])
def test_the_reach_adds_up_over_the_steps(options, conditioned, reach, monkeypatch):
    monkeypatch.setattr(type(observe([], 'r').A), 'pinv_reach', lambda self: 7)
    blurred = observe([dict(type='GaussianBlur', sigma=1.0, kernel_size=11)], 'reach')
    found = FusionDDIMSampler(**options).reach(LocalDenoiser(conditioned), [blurred, observe([], 'r')])
    assert found == 7 + reach


@pytest.mark.parametrize(('denoiser', 'stages', 'options'), [
    (FixedDenoiser(), [], {}), (LocalDenoiser(), [dict(type='GaussianBlur', sigma=1.0, boundary='circular')], {}),
    (LocalDenoiser(), [], dict(projection='exact'))])
def test_what_sees_the_whole_image_has_no_reach(denoiser, stages, options):
    assert FusionDDIMSampler(**options).reach(denoiser, [observe(stages, 'a'), observe([], 'b')]) is None


def test_noise_levels_of_cells_cover_their_cells():
    stages = [dict(type='GaussianNoise', sigma=0.1), dict(type='AveragePool', factor=4)]
    observation = Degradation(stages).observe(torch.rand(1, 1, 61, 86), keyed_generator(0))[0]
    sigma = full_size_sigma(observation)[0, 0]
    assert sigma.shape == (61, 86)
    torch.testing.assert_close(sigma[:60, :84], torch.full((60, 84), 0.025))
    torch.testing.assert_close(sigma[60, :84], torch.full((84,), 0.05))  # a cell of 1 x 4 pixels


def test_noise_levels_of_cells_that_are_left_out_are_those_beside_them():
    A = AveragePool(4, border='drop').bind({}, (11, 14))
    levels = torch.arange(6.0).view(1, 1, 2, 3)
    sigma = full_size_sigma(Observation(levels, A, levels))[0, 0]
    assert sigma.shape == (11, 14)
    assert torch.equal(sigma[:8, :12], levels[0, 0].repeat_interleave(4, 0).repeat_interleave(4, 1))
    assert torch.equal(sigma[8:, 12:], torch.full((3, 2), 5.0))
