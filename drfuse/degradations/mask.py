"""Missing pixels."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from drfuse.degradations.compose import Compose
from drfuse.degradations.degradation import Observation
from drfuse.degradations.linear_operator import LinearOperator
from drfuse.degradations.window import Window
from drfuse.registry import DEGRADATIONS
from drfuse.utils.seed import keyed_generator, uniform
from drfuse.utils.typing import ImageShape, Params, Range


class _DiagonalMask(LinearOperator):
    """A = diag(m) with m in {0, 1}: A = A^T = A^+."""

    default_pinv_solver = None
    pinv_level = 'moore_penrose'
    white_to_white = True

    def mask(self, params: Params, like: torch.Tensor) -> torch.Tensor:
        """Return m (B, 1, H, W)."""
        raise NotImplementedError

    def forward(self, x: torch.Tensor, params: Params) -> torch.Tensor:
        """Return m x."""
        return self.mask(params, x) * x

    def adjoint(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return m y."""
        return self.forward(y, params)

    def pinv(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return m y."""
        return self.forward(y, params)

    def reach(self, params: Params) -> int | None:
        """Return 0."""
        return 0

    def window(self, window: Window, params: Params, image_shape: ImageShape) -> tuple[LinearOperator, Params]:
        """Return the window of the mask; it is a parameter then."""
        like = next(iter(params.values()), torch.zeros(())).new_zeros((), dtype=torch.float32)
        operator = _MaskWindow()
        operator.pinv_solver, operator.pinv_level = self.pinv_solver, self.pinv_level
        kept = window.cut(self.mask(params, like.expand(1, 1, *image_shape)))
        return operator, dict(mask=kept.contiguous())

    def noise_variance(self, variance: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return the variance where pixels are kept, 0 elsewhere."""
        return self.forward(variance.expand(-1, -1, *image_shape), params)


class _MaskWindow(_DiagonalMask):
    """A window of another mask: m is the parameter ``mask`` (B or 1, 1, H, W)."""

    def mask(self, params: Params, like: torch.Tensor) -> torch.Tensor:
        """Return the parameter."""
        return params['mask'].to(like)

    def window(self, window: Window, params: Params, image_shape: ImageShape) -> tuple[LinearOperator, Params]:
        """Cut the parameter."""
        return self, dict(mask=window.cut(params['mask']).contiguous())


def fill_holes(observation: Observation) -> Observation:
    """Let A^+ fill missing pixels smoothly instead of leaving them black, wherever a mask is a factor of A.

    The Moore-Penrose solution of a mask has black holes, which resembles no image that a network was trained on. The
    noise level, 0 in a hole, becomes that of the kept pixels, from which the filling comes.

    Args:
        observation: Of any operator; one without masks comes back unchanged.
    """
    A = observation.A
    operator = _with_filling(A.operator)
    if operator is A.operator:
        return observation
    return replace(observation, A=replace(A, operator=operator), sigma=observation.sigma.amax((-2, -1), keepdim=True))


def _with_filling(operator: LinearOperator) -> LinearOperator:
    if isinstance(operator, _DiagonalMask) and operator.pinv_solver is None:
        return operator.with_solver(dict(type='HarmonicPinv'))
    if isinstance(operator, Compose):
        return operator.map_factors(_with_filling)
    return operator


@DEGRADATIONS.register_module()
class RandomMask(_DiagonalMask):
    """Dead pixels at random places, known to the model.

    Args:
        keep: Fraction of pixels that are kept, or (low, high).
        seed: Fixes the places; None = drawn per sample.
        pinv_solver: Solver config; None = the closed form.

    Shape:
        x, y: (B, C, H, W); missing pixels are 0 in y.

    Raises:
        ValueError: If keep is not in [0, 1].
    """

    def __init__(self, keep: Range, seed: int | None = None, pinv_solver: dict | None = None) -> None:
        ends = [keep] if isinstance(keep, int | float) else list(keep)
        if min(ends) < 0 or max(ends) > 1:
            raise ValueError(f'RandomMask keep must be in [0, 1], got {keep}')
        self.keep, self.seed = keep, seed
        super().__init__(pinv_solver)

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Draw keep (1,) and the seed (1,) that fixes the places for any image size."""
        keep = uniform(self.keep, generator, 'RandomMask keep')
        if self.seed is not None:
            return dict(keep=keep, seed=torch.tensor([self.seed]))
        if generator is None:
            raise ValueError('RandomMask draws its places: pass a torch.Generator, or give seed')
        return dict(keep=keep, seed=torch.randint(2**31, (1,), generator=generator))

    def mask(self, params: Params, like: torch.Tensor) -> torch.Tensor:
        """Return the kept pixels (B, 1, H, W)."""
        shape = (1, *like.shape[-2:])
        draws = [torch.rand(shape, generator=keyed_generator('mask', int(seed)), dtype=torch.float64)
                 for seed in params['seed']]
        # in single precision always: the mask that made the data is the mask of A, whose parameters are float32
        return (torch.stack(draws) < params['keep'].cpu().float().view(-1, 1, 1, 1)).to(like)


@DEGRADATIONS.register_module()
class Mask(_DiagonalMask):
    """Given missing pixels.

    Args:
        mask: 2-D array as nested lists, or the path of a ``.npy`` file; non-zero = kept.
        pinv_solver: Solver config; None = the closed form.

    Shape:
        x, y: (B, C, H, W) with (H, W) the size of the mask.

    Raises:
        ValueError: If the mask is not 2-D, or does not fit the image.
    """

    def __init__(self, mask: list[list[float]] | str, pinv_solver: dict | None = None) -> None:
        kept = np.load(Path(mask), allow_pickle=False) if isinstance(mask, str) else np.asarray(mask)
        if kept.ndim != 2:  # noqa: PLR2004
            raise ValueError(f'Mask needs a 2-D mask, got shape {kept.shape}')
        self._kept = (kept != 0).astype(np.uint8)
        self.size: ImageShape = self._kept.shape
        self.digest = hashlib.blake2b(self._kept.tobytes(), digest_size=8).hexdigest()  # tells masks apart
        super().__init__(pinv_solver)

    def output_shape(self, image_shape: ImageShape) -> ImageShape:
        """Return the size of the mask, which must be that of the image."""
        if tuple(image_shape) != self.size:
            raise ValueError(f'Mask has size {self.size}, the image {tuple(image_shape)}')
        return self.size

    def mask(self, params: Params, like: torch.Tensor) -> torch.Tensor:
        """Return the kept pixels (1, 1, H, W)."""
        self.output_shape(like.shape[-2:])
        return torch.from_numpy(self._kept).to(like)[None, None]
