"""Restorers made of others: one after another, or a denoiser inside an optimisation."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch

from drfuse.baselines.restorer import Denoise, Restorer, effective_variance
from drfuse.degradations import BoundOperator, Identity, LinearOperator, Observation
from drfuse.degradations.pinv_solvers.conjugate_gradient import conjugate_gradient
from drfuse.registry import RESTORERS
from drfuse.utils.enlarge import enlarge
from drfuse.utils.typing import Params


class EnlargedOperator(LinearOperator):
    """A U: the operator A behind a bicubic enlargement U, on images of the size of y.

    Args:
        A: Operator that loses resolution.
    """

    def __init__(self, A: BoundOperator) -> None:
        self.A = A
        super().__init__(dict(type='CGPinv', max_iter=20, damping='auto'))

    def forward(self, x: torch.Tensor, params: Params) -> torch.Tensor:
        """Return A U x."""
        return self.A.forward(enlarge(x, self.A.image_shape, factor=self.A.stride))


@RESTORERS.register_module()
class Cascade(Restorer):
    """Denoise, then deblur, then enlarge: the rivals of the paper, one specialist after another.

    Args:
        denoise: Config of a restorer that removes the noise of y; it is told that A is the identity.
        deblur: Config of a restorer that inverts A on the denoised y.
        residual: Noise that is left after denoising, as a fraction of sigma; the deblurrer is told so.
        enlarge_last: Where A loses resolution: deblur on the grid of y with the operator A U, and enlarge the result
            with U (bicubic). Otherwise the deblurrer inverts all of A at once.
        offset: See :class:`~drfuse.baselines.restorer.Restorer`.
        clip_scale: See :class:`~drfuse.baselines.restorer.Restorer`.

    Raises:
        ValueError: If ``residual`` is negative.
    """

    def __init__(self, denoise: dict, deblur: dict, residual: float = 0.3, enlarge_last: bool = False,
                 offset: float = 0.0, clip_scale: float = 0.0) -> None:
        super().__init__(offset, clip_scale)
        if residual < 0:
            raise ValueError(f'Cascade residual must be >= 0, got {residual}')
        self.denoise, self.deblur = RESTORERS.build(denoise), RESTORERS.build(deblur)
        self.residual, self.enlarge_last = residual, enlarge_last

    @property
    def uses_denoiser(self) -> bool:  # type: ignore[override]
        """Whether one of the stages uses a trained denoiser."""
        return self.denoise.uses_denoiser or self.deblur.uses_denoiser

    def attach(self, denoiser: Denoise) -> None:
        """Pass the denoiser on to the stages."""
        self.denoise.attach(denoiser)
        self.deblur.attach(denoiser)

    def restore(self, observation: Observation) -> torch.Tensor:
        """Return the result of the last stage."""
        A, size = observation.A, observation.y.shape[-2:]
        y = self.denoise(Observation(observation.y, Identity().bind({}, size), observation.sigma))
        left = Observation(y, A, self.residual * observation.sigma)
        if not self.enlarge_last or tuple(size) == tuple(A.image_shape):
            return self.deblur(left)
        small = EnlargedOperator(A).bind({}, size).with_noise(A.noise_std)
        return enlarge(self.deblur(replace(left, A=small)), A.image_shape, factor=A.stride)


@RESTORERS.register_module()
class PlugAndPlay(Restorer):
    """Half-quadratic splitting with the trained denoiser as prior, for any operator.

    Alternates x = argmin |A x - y|^2 / sigma^2 + weight |x - z|^2 / s_k^2 and z = denoiser(x, s_k), with s_k falling
    from ``start`` to the noise level, evenly in the logarithm. K. Zhang et al., "Plug-and-play image restoration with
    deep denoiser prior", IEEE TPAMI 44(10), 2022. Started at ``init``.

    Args:
        init: Config of a restorer for the first z.
        steps: Number of alternations, >= 1.
        start: First s_k on the [0, 1] scale; not above what the denoiser was trained for.
        end: Smallest s_k, where the noise level is below.
        weight: See above, > 0.
        offset: See :class:`~drfuse.baselines.restorer.Restorer`.
        clip_scale: See :class:`~drfuse.baselines.restorer.Restorer`.

    Raises:
        ValueError: If an argument does not fit.
    """

    uses_denoiser: ClassVar[bool] = True

    def __init__(self, init: dict, steps: int = 8, start: float = 0.1, end: float = 0.005, weight: float = 0.25,
                 offset: float = 0.0, clip_scale: float = 0.0) -> None:
        super().__init__(offset, clip_scale)
        if steps < 1 or weight <= 0 or not 0 < end <= start:
            raise ValueError(f'PlugAndPlay needs steps >= 1, weight > 0 and 0 < end <= start, got {steps}, {weight}, '
                             f'{end} and {start}')
        self.init = RESTORERS.build(init)
        self.steps, self.start, self.end, self.weight = steps, start, end, weight

    def attach(self, denoiser: Denoise) -> None:
        """Set the denoiser."""
        self.denoiser = denoiser
        self.init.attach(denoiser)

    def restore(self, observation: Observation) -> torch.Tensor:
        """Return the last z."""
        A, y = observation.A, observation.y
        variance = effective_variance(observation)
        back, z = A.adjoint(y), self.init(observation)
        last = variance.sqrt().clamp(min=self.end, max=self.start)
        for k in range(self.steps):
            level = self.start * (last / self.start)**(k / max(self.steps - 1, 1))
            z = self._step(A, back, z, self.weight * variance / level.square())
            z = self.denoiser(z, level)
        return z

    @staticmethod
    def _step(A: BoundOperator, back: torch.Tensor, z: torch.Tensor, penalty: torch.Tensor) -> torch.Tensor:
        """Solve (A^T A + penalty) x = A^T y + penalty z, from z."""
        def normal(v: torch.Tensor) -> torch.Tensor:
            return A.adjoint(A.forward(v)) + penalty * v

        return z + conjugate_gradient(normal, back + penalty * z - normal(z), max_iter=20, tol=1e-3)
