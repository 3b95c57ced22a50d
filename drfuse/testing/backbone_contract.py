"""The contract of a backbone, as a check that third parties can run on theirs."""

import copy
from collections.abc import Sequence
from dataclasses import replace

import torch

from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.utils.seed import keyed_generator

_STEPS = 3


def check_backbone(backbone: BaseDenoiser, sizes: Sequence[tuple[int, int]] = ((24, 24), (33, 47)),
                   tolerance: float = 1e-4) -> None:
    """Check that a backbone keeps the contract of :class:`BaseDenoiser`.

    Output shapes (also at sizes that are no multiple of ``size_divisibility``), the input left unchanged,
    a batch equals its samples one by one, the sampler's gradient reaches every parameter, and a stated
    ``receptive_field`` is not exceeded. The backbone itself is not changed.

    Args:
        backbone: Any backbone, on any device.
        sizes: Heights and widths to try, in pixels.
        tolerance: Largest allowed difference between a batch and its samples.

    Raises:
        AssertionError: One line that names the class, the property, the value received and the one required.
    """
    # parameters that start at zero would hide what lies before them
    network = perturbed(backbone, 0).eval()
    for size in sizes:
        check_shapes(network, size)
    check_batch(network, sizes[0], tolerance)
    check_gradients(backbone, sizes[0])
    if backbone.receptive_field is not None:
        check_receptive_field(network)


def check_shapes(backbone: BaseDenoiser, size: tuple[int, int]) -> None:
    """Check shapes, finiteness and that the input is left unchanged, at one size."""
    state, t, cond = example_inputs(backbone, 2, size)
    before = state.clone()
    with torch.no_grad():
        output = backbone(state, t, cond)
    _require(backbone, isinstance(output, DenoiserOutput), 'output',
             f'is {type(output).__name__}, required DenoiserOutput')
    sources = backbone.num_sources
    for name, channels in (('eps', sources + 1), ('weight_logits', sources * backbone.weight_bands)):
        value = getattr(output, name)
        _require(backbone, value.shape == (2, channels, *size), name,
                 f'has shape {tuple(value.shape)} for a state {tuple(state.shape)}, '
                 f'required {(2, channels, *size)}')
        _require(backbone, bool(value.isfinite().all()), name, 'is not finite, required finite')
    _require(backbone, torch.equal(before, state), 'forward', 'changes its input, required unchanged')


def check_batch(backbone: BaseDenoiser, size: tuple[int, int], tolerance: float = 1e-4) -> None:
    """Check that a batch gives what its samples give one by one; the backbone is in eval mode."""
    state, t, cond = example_inputs(backbone, 3, size)
    with torch.no_grad():
        batched = backbone(state, t, cond)
        singles = [backbone(state[i:i + 1], t[i:i + 1], cond and cond.sample(i)) for i in range(3)]
    for name in ('eps', 'weight_logits'):
        looped = torch.cat([getattr(single, name) for single in singles])
        error = (getattr(batched, name) - looped).abs().max().item()
        _require(backbone, error <= tolerance, name,
                 f'of a batch differs by {error:.2g} from its samples one by one, required <= {tolerance:g}')


def check_gradients(backbone: BaseDenoiser, size: tuple[int, int]) -> None:
    """Check that the gradient of both outputs reaches every parameter that wants one."""
    wanted = {name for name, p in backbone.named_parameters() if p.requires_grad}
    reached: set[str] = set()
    for draw in range(3):
        network = perturbed(backbone, draw).train()
        generator = keyed_generator('check_gradients', draw)
        total = sum((torch.randn(o.shape, generator=generator).to(o) * o).sum() for o in _process(network, size))
        total.backward()  # type: ignore[union-attr]
        for name, p in network.named_parameters():
            if p.grad is not None and bool(p.grad.isfinite().all()) and bool(p.grad.any()):
                reached.add(name)
    missed = sorted(wanted - reached)
    _require(backbone, not missed, 'gradient',
             f'does not reach {len(missed)} of {len(wanted)} parameters: {", ".join(missed[:4])}')


def check_receptive_field(backbone: BaseDenoiser) -> None:
    """Check by impulses that no output pixel depends on input outside the stated window.

    The window of side r reaches ``r // 2`` pixels to each side. Differentiating one output pixel is an impulse
    test in every direction at once; every phase of the network's strides along the diagonal is tried.
    """
    field, divisor = backbone.receptive_field, backbone.size_divisibility
    _require(backbone, isinstance(field, int) and field >= 1, 'receptive_field',
             f'is {field!r}, required None or an integer >= 1')
    reach = field // 2
    # the window of every centre tried lies inside, with pixels to spare
    side = divisor * (-(-(2 * reach + 1) // divisor) + 3)
    start = (side - divisor) // 2
    for centre in range(start, start + divisor):
        found = _dependence(backbone, side, centre)
        _require(backbone, found <= reach, 'receptive_field',
                 f'is {field}, but pixel ({centre}, {centre}) depends on input {found} pixels away, '
                 f'required <= {reach}')


def perturbed(backbone: BaseDenoiser, draw: int, scale: float = 0.05) -> BaseDenoiser:
    """Return a copy whose parameters are moved by Gaussian noise, so that none is exactly zero."""
    network = copy.deepcopy(backbone)
    generator = keyed_generator('perturbed', draw)
    with torch.no_grad():
        for p in network.parameters():
            p.add_(torch.randn(p.shape, generator=generator).to(p), alpha=scale)
    return network


def example_inputs(backbone: BaseDenoiser, batch: int,
                   size: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor, StepCondition | None]:
    """Return a random state, step indices and, for a backbone that uses it, a condition."""
    generator = keyed_generator('example_inputs', batch, *size)
    like = next(backbone.parameters(), torch.zeros(1))
    sources = backbone.num_sources
    state = torch.rand((batch, sources + 1, *size), generator=generator).to(like)
    t = 1 + torch.arange(batch, device=like.device) % _STEPS
    if not backbone.uses_condition:
        return state, t, None
    pinv, residual = (torch.rand((batch, sources, *size), generator=generator).to(like) for _ in range(2))
    sigma, alpha_bar = torch.full_like(pinv, 0.05), torch.tensor(0.9).to(like)
    return state, t, StepCondition(pinv, residual - 0.5, sigma, alpha_bar=alpha_bar)


def _process(backbone: BaseDenoiser, size: tuple[int, int]) -> list[torch.Tensor]:
    """Return noise and logits of every step, from the last one down, each with the memory of the one before."""
    state, _, cond = example_inputs(backbone, 2, size)
    outputs: list[torch.Tensor] = []
    memory = None
    for t in range(_STEPS, 0, -1):
        eps, logits, memory = backbone(state, torch.full((2,), t), cond and replace(cond, memory=memory))
        outputs += [eps, logits]
    return outputs


def _dependence(backbone: BaseDenoiser, side: int, centre: int) -> int:
    """Return how far, in pixels, the output at (centre, centre) looks."""
    state, t, cond = example_inputs(backbone, 1, (side, side))
    inputs = [state.requires_grad_()]
    if cond is not None:
        inputs += [m.requires_grad_() for m in (cond.pinv, cond.residual, cond.sigma)]
    output = backbone(state, t, cond)
    pixel = sum(o[..., centre, centre].sum() for o in output[:2])
    gradients = torch.autograd.grad(pixel, inputs, allow_unused=True)
    seen = state.new_zeros(side, side)
    for gradient in gradients:
        seen = seen if gradient is None else seen + gradient.abs().sum((0, 1))
    offsets = (seen.nonzero() - centre).abs()
    return int(offsets.max()) if len(offsets) else 0


def _require(backbone: BaseDenoiser, condition: bool, name: str, text: str) -> None:
    if not condition:
        raise AssertionError(f'{type(backbone).__name__}: {name} {text}')
