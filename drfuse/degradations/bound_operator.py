"""A linear operator with its parameters and the size of its images: the A of an observation."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

import torch

from drfuse.degradations.window import Window, spread_windows
from drfuse.utils.typing import ImageShape, Params

if TYPE_CHECKING:
    from drfuse.degradations.linear_operator import LinearOperator

WHOLE_PROBE = 1 << 20
"""Images of up to so many pixels are probed as a whole for the noise gain of A^+."""
_PROBES, _PROBE_SIDE = 4, 256
_REACH_SIDE = 256

Kept = TypeVar('Kept')
Method = Callable[['BoundOperator', torch.Tensor], torch.Tensor]


def _full_precision(method: Method) -> Method:
    """Run a map of images outside autocast: physics never sees half precision."""

    @wraps(method)
    def run(self: BoundOperator, image: torch.Tensor) -> torch.Tensor:
        with torch.autocast(image.device.type, enabled=False):
            return method(self, image)

    return run


@dataclass(frozen=True)
class BoundOperator:
    """A linear operator with its parameters: the A of one batch of observations.

    Attributes:
        operator: The stateless operator.
        params: Its parameters, batched.
        image_shape: (H, W) of the images A acts on.
        noise_std: (B,) or (1,): RMS noise in y, in the unit of y; regularised solvers use it.
        noise_gain: (B,) or (1,): what :meth:`pinv_noise_gain` gave for the whole image, kept by its windows.
        signal_variance: Variance, on the [0, 1] scale, of what A^+ is to find, where it is not an image but, say, the
            error of an estimate; Wiener solvers take it in place of their own.
    """

    operator: LinearOperator
    params: Params
    image_shape: ImageShape
    noise_std: torch.Tensor | None = None
    noise_gain: torch.Tensor | None = None
    signal_variance: float | None = None
    _kept: dict = field(default_factory=dict, init=False, repr=False, compare=False)

    def kept(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return ``make()``, computed once for this operator: transfer functions, kernels, factors.

        What depends on parameters that are being differentiated is made every time.

        Args:
            key: Names what is made, with everything but this operator that it depends on.
            make: Makes it.
        """
        if any(p.requires_grad for p in self.params.values()) or torch.compiler.is_compiling():
            return make()
        if key not in self._kept:
            with torch.inference_mode(False), torch.no_grad():  # what is kept must serve training as well
                self._kept[key] = make()
        return self._kept[key]

    def __getstate__(self) -> dict:
        """Leave out what can be made again."""
        return {**self.__dict__, '_kept': {}}

    @property
    def observation_shape(self) -> ImageShape:
        """(h, w) of A x."""
        return self.operator.output_shape(self.image_shape)

    @_full_precision
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return A x."""
        return self.operator.forward_bound(self, x)

    @_full_precision
    def adjoint(self, y: torch.Tensor) -> torch.Tensor:
        """Return A^T y."""
        return self.operator.adjoint(y, self.params_for(y), self.image_shape)

    @_full_precision
    def pinv(self, y: torch.Tensor) -> torch.Tensor:
        """Return A^+ y, by the operator's solver or closed form."""
        solver = self.operator.pinv_solver
        if solver is not None:
            return solver(self, y)
        return self.operator.pinv(y, self.params_for(y), self.image_shape)

    def noise_variance(self, variance: torch.Tensor) -> torch.Tensor:
        """Return the variance of A n for white noise n of the given variance."""
        return self.operator.noise_variance(variance, self.params_for(variance), self.image_shape)

    def pinv_noise_gain(self) -> torch.Tensor:
        """Return the RMS gain (B or 1,) of A^+ for white noise, measured with one fixed pattern of signs.

        Of a large image, windows that lie evenly spread are measured: time and memory do not grow with it.
        """
        if self.noise_gain is not None:
            return self.noise_gain
        return self.kept('noise gain', self._probed_gain)

    def _probed_gain(self) -> torch.Tensor:
        if self.reach is None or self.image_shape[0] * self.image_shape[1] <= WHOLE_PROBE:
            return self._measured_gain()
        probes = spread_windows(self.image_shape, _PROBES, _PROBE_SIDE, self.stride)
        gains = [self._cut(window)._measured_gain() for window in probes]
        return torch.stack(gains).square().mean(0).sqrt()

    def _measured_gain(self) -> torch.Tensor:
        signs = probe_signs(self.observation_shape)
        tensors = [*self.params.values(), *([] if self.noise_std is None else [self.noise_std])]
        batch = max((t.shape[0] for t in tensors), default=1)
        device = tensors[0].device if tensors else None
        return self.pinv(signs.to(device).expand(batch, -1, -1, -1)).square().mean((1, 2, 3)).sqrt()

    @property
    def stride(self) -> int:
        """Image pixels from one observed pixel to the next."""
        return self.operator.stride

    @property
    def reach(self) -> int | None:
        """How many image pixels to each side an observed pixel depends on; None = not bounded, or not known."""
        return self.operator.reach(self.params)

    @torch.no_grad()
    def pinv_reach(self, tolerance: float = 0.5 / 255) -> int | None:
        """Return how many image pixels to each side A^+ spreads an observed pixel, measured by its impulse response.

        What lies beyond sums up to ``tolerance`` (absolute values), so that much is the most that observed pixels in
        [0, 1] out there can change. A few pixels with random signs are the impulse, for masks may hide one.

        Args:
            tolerance: Change of x that does not count.

        Returns:
            None if the response does not fall below the tolerance within the probe, or A cannot act on a window.
        """
        if self.reach is None:
            return None
        size = tuple(min(n, -(-_REACH_SIDE // self.stride) * self.stride) for n in self.image_shape)
        top, left = ((n - m) // 2 // self.stride * self.stride for n, m in zip(self.image_shape, size, strict=True))
        A = self._cut(Window(top, top + size[0], left, left + size[1])).sample(0)
        y = torch.zeros(1, 1, *A.observation_shape, dtype=torch.float64)
        rows, columns = (slice(max(n // 2 - 2, 0), n // 2 + 2) for n in A.observation_shape)
        signs = probe_signs(tuple(y[..., rows, columns].shape[-2:]))
        y[..., rows, columns] = signs / signs.numel() ** 0.5
        response = A.to('cpu').pinv(y)[0, 0].abs()
        distance = torch.maximum(_beyond(rows, self.stride, size[0])[:, None], _beyond(columns, self.stride, size[1]))
        rings = torch.zeros(int(distance.max()) + 1, dtype=torch.float64)
        rings.index_add_(0, distance.flatten(), response.flatten())
        tails = rings.flip(0).cumsum(0).flip(0)  # of distance k and more
        small = (tails <= tolerance).nonzero()
        return int(small[0]) - 1 if len(small) else None

    def with_measured_gain(self) -> BoundOperator:
        """Return the same operator with its noise gain measured."""
        return replace(self, noise_gain=self.pinv_noise_gain())

    def sample(self, index: int) -> BoundOperator:
        """Return the operator of one sample of the batch."""
        def own(tensor: torch.Tensor) -> torch.Tensor:
            return tensor[index:index + 1] if len(tensor) > 1 else tensor

        noise, gain = (None if t is None else own(t) for t in (self.noise_std, self.noise_gain))
        return replace(self, params={k: own(v) for k, v in self.params.items()}, noise_std=noise, noise_gain=gain)

    def observed(self, window: Window) -> Window:
        """Return the part of the observation that shows a window of the image."""
        return window.observed(self.stride, self.image_shape, self.observation_shape)

    def window(self, window: Window) -> BoundOperator:
        """Return A for a window of the image; noise and noise gain stay those of the whole.

        Its result is the :meth:`observed` window of A x, but for :attr:`reach` pixels along the sides that are cut.

        Raises:
            ValueError: If A has no finite reach, or the window does not fit the image and the stride.
        """
        return replace(self._cut(window), noise_gain=self.pinv_noise_gain())

    def _cut(self, window: Window) -> BoundOperator:
        if self.reach is None:
            raise ValueError(f'{self.operator} has no finite reach: it cannot act on a window of the image')
        self.observed(window)
        operator, params = self.operator.window(window, self.params, self.image_shape)
        return BoundOperator(operator, params, window.shape, self.noise_std, signal_variance=self.signal_variance)

    def with_noise(self, noise_std: torch.Tensor | None, signal_variance: float | None = None) -> BoundOperator:
        """Return the same operator that knows the RMS noise (B,) of its observations, and what it looks for."""
        return replace(self, noise_std=noise_std, noise_gain=None, signal_variance=signal_variance)

    def to(self, device: torch.device | str) -> BoundOperator:
        """Return the operator with its parameters on ``device``."""
        noise, gain = (None if t is None else t.to(device) for t in (self.noise_std, self.noise_gain))
        return replace(self, params={k: v.to(device) for k, v in self.params.items()}, noise_std=noise,
                       noise_gain=gain)

    def params_for(self, image: torch.Tensor) -> Params:
        """Return the parameters in the dtype and on the device of an image."""
        return {k: v.to(image) if v.is_floating_point() else v.to(image.device) for k, v in self.params.items()}

    @staticmethod
    def stack(items: list[BoundOperator]) -> BoundOperator:
        """Concatenate operators of single samples along the batch dimension.

        Raises:
            ValueError: If operators or image sizes differ.
        """
        first = items[0]
        for item in items[1:]:
            if repr(item.operator) != repr(first.operator) or item.image_shape != first.image_shape:
                raise ValueError(f'cannot batch {item.operator} on {item.image_shape} with '
                                 f'{first.operator} on {first.image_shape}')
        params = {k: torch.cat([item.params[k] for item in items]) for k in first.params}
        return BoundOperator(first.operator, params, first.image_shape, _joined([item.noise_std for item in items]),
                             _joined([item.noise_gain for item in items]), first.signal_variance)


def probe_signs(shape: ImageShape) -> torch.Tensor:
    """Return the pattern of signs (1, 1, h, w) that noise gains are measured with, row by row of one sequence."""
    return torch.randint(0, 2, (1, 1, *shape), generator=torch.Generator().manual_seed(0)).float() * 2 - 1


def _joined(tensors: Sequence[torch.Tensor | None]) -> torch.Tensor | None:
    known = [t for t in tensors if t is not None]
    return torch.cat(known) if len(known) == len(tensors) else None


def _beyond(block: slice, stride: int, size: int) -> torch.Tensor:
    """Return how far each of ``size`` image pixels lies outside the cells of a block of observed pixels, (size,)."""
    position = torch.arange(size)
    return torch.maximum(block.start * stride - position, position - block.stop * stride + 1).clamp(min=0)
