"""Algorithm 1: restoration and fusion by a few deterministic reverse steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import torch
from mmengine.model import BaseModule

from drfuse.degradations.bound_operator import BoundOperator
from drfuse.degradations.degradation import Observation
from drfuse.degradations.downsample import smooth_cells
from drfuse.degradations.identity import Identity
from drfuse.degradations.joint_observation import FusedUpdate, JointObservation, JointTensor, Projection
from drfuse.degradations.mask import fill_holes
from drfuse.diffusion.ddim import ddim_step, implied_noise, predict_x0
from drfuse.diffusion.denoiser import Denoiser, StepCondition
from drfuse.diffusion.output import FusionOutput, StepRecord
from drfuse.registry import SAMPLERS
from drfuse.utils.bound import bound
from drfuse.utils.enlarge import enlarge

Init = Literal['observation', 'pinv']


@SAMPLERS.register_module()
class FusionDDIMSampler(BaseModule):
    """The paper's sampler (Algorithm 1).

    Args:
        num_steps: T.
        schedule: Config of the alpha schedule; it is built with ``num_steps``.
        correction_scale: Config of Sigma_t; None switches the correction off (the ablation).
        init: ``'observation'`` starts from y where it has the image's size, else from A^+ y; ``'pinv'``
            always from A^+ y.
        projection: ``'paper'`` (Eq. 15) or ``'exact'`` (orthogonal, errata E3).
        fused_update: ``'joint'`` (Eq. 19), ``'consistent'`` (fuses the corrected sources) or ``'sequential'`` (the
            release, errata B2), see :meth:`~drfuse.degradations.JointObservation.correct`.
        fusion: Config of the rule that turns weight logits into the maps W_i; None = ``PixelFusion``, the paper's mask.
        x0_range: (low, high) to clip A^+ y and each x0 to, predicted (its noise follows) and corrected; residuals that
            the network reads are clipped to half the width. None = no clipping, as in the paper. The norm of A^+ A is
            far above 1 for some products of operators (motion blur and x4 pooling), and a gated network answers
            large inputs with larger outputs: unbounded, rare samples grow over the steps, in training up to NaN.
        fill_holes: Let A^+ fill missing pixels smoothly, see :func:`~drfuse.degradations.fill_holes`; False = the
            Moore-Penrose solution with black holes.
        smooth_cells: Let the first state, and the A^+ y that the network reads, interpolate between cells of low
            resolution, see :func:`~drfuse.degradations.smooth_cells`; False = blocks.
        error_std: Standard deviation, images in [0, 1], of the error of a predicted x0 that the correction is to find:
            its Wiener filters use gamma = (sigma / error_std)^2, so that frequencies whose noise A^+ would raise above
            that error are left to the network. None = the A^+ of the observation, made for whole images (the paper).
        noise_floor: Least noise level of an observation that the correction assumes; rounding to 8 bits makes
            1 / 255 / sqrt(12). A source that is seen as it is (A = I) is its rounded self: it has the noise of its
            observation and no floor.

    Raises:
        ValueError: If ``init`` is unknown, T < 1, ``x0_range`` not increasing, ``error_std`` not positive or
            ``noise_floor`` negative.
    """

    def __init__(self, num_steps: int = 3, schedule: dict | None = None, correction_scale: dict | None = None,
                 init: Init = 'observation', projection: Projection = 'paper',
                 fused_update: FusedUpdate = 'joint', fusion: dict | None = None,
                 x0_range: tuple[float, float] | None = None, fill_holes: bool = False, smooth_cells: bool = False,
                 error_std: float | None = None, noise_floor: float = 0.0) -> None:
        super().__init__()
        if (error_std is not None and not error_std > 0) or noise_floor < 0:
            raise ValueError(f'error_std must be None or > 0 and noise_floor >= 0, got {error_std} and {noise_floor}')
        self.error_std, self.noise_floor = error_std, noise_floor
        if x0_range is not None and not x0_range[0] < x0_range[1]:
            raise ValueError(f'x0_range must be None or (low, high) with low < high, got {x0_range}')
        self.x0_range, self.fill_holes, self.smooth_cells = x0_range, fill_holes, smooth_cells
        if init not in get_args(Init):
            raise ValueError(f'init must be one of {get_args(Init)}, got {init!r}')
        self.schedule = SAMPLERS.build({'type': 'AlphaSchedule', **(schedule or {}), 'num_steps': num_steps})
        self.correction_scale = SAMPLERS.build(correction_scale) if correction_scale else None
        self.init, self.projection, self.fused_update = init, projection, fused_update
        self.fusion = SAMPLERS.build(fusion or dict(type='PixelFusion'))

    def forward(self, denoiser: Denoiser, observations: Sequence[Observation],
                return_trajectory: bool = False) -> FusionOutput:
        """Restore and fuse.

        Args:
            denoiser: Predicts noise and fusion weights.
            observations: M observations of images of one size (H, W).
            return_trajectory: Also record every step.

        Returns:
            Restored sources, fused image and weights at (H, W).
        """
        records = []
        observations = self._prepare(observations)
        with torch.autocast(observations[0].y.device.type, enabled=False):
            abar = self.schedule.alpha_bars()
            pinvs = [self._bound(o.A.pinv(o.y)) for o in self._smoothed(observations)]
            sigmas = [full_size_sigma(o) for o in observations]
            trusted = self._trusted(observations)
            noises, known = self._pinv_noise(trusted, sigmas), torch.cat(pinvs, 1)
            x = abar[-1].sqrt() * self.initial_state(observations, pinvs)
        memory = None
        for t in self.schedule.timesteps:                                        # T ... 1
            cond = self._condition(denoiser, x[:, :-1], abar[t], observations, known, sigmas, memory)
            eps, logits, memory = denoiser(x, x.new_full((x.shape[0],), t), cond)
            with torch.autocast(x.device.type, enabled=False):
                eps = eps.to(x)
                joint = JointObservation(trusted, self.fusion(logits.to(x), len(observations)))  # Eqs. 11-13
                predicted, eps = self._predict(x, eps, abar[t])                  # Eq. 16
                x0 = self._bound(self._correct(t, predicted, joint, abar, noises))   # Eqs. 17 / 19
                x = ddim_step(x0, eps, abar[t - 1])                              # Eq. 18
            if return_trajectory:
                records.append(self._record(t, predicted, x0, joint, abar, noises))
        sources, fused = JointTensor.unpack(x)
        return FusionOutput(sources, fused, joint.weights, records)

    def reach(self, denoiser: Denoiser, observations: Sequence[Observation]) -> int | None:
        """Return how many image pixels to each side a result depends on; a bound, far above what counts.

        Each step sees the sources through A and A^+ (condition and correction), through the network and through the
        bands of the fusion; the first state through A^+. The reach of A^+ is that of
        :meth:`~drfuse.degradations.BoundOperator.pinv_reach`.

        Args:
            denoiser: The network.
            observations: Of images of one size.

        Returns:
            None if a part sees the whole image.
        """
        observations = self._prepare(observations)
        field, bands = getattr(denoiser, 'receptive_field', None), getattr(self.fusion, 'reach', None)
        smoothed = [s for s, o in zip(self._smoothed(observations), observations, strict=True) if s is not o]
        pairs = [(o.A.reach, o.A.pinv_reach()) for o in [*observations, *smoothed]]
        known = [(reach, inverse) for reach, inverse in pairs if reach is not None and inverse is not None]
        if field is None or bands is None or len(known) < len(pairs) or self.projection == 'exact':
            return None
        residual, inverse = max(sum(pair) for pair in known), max(inverse for _, inverse in known)
        seen = int(denoiser.uses_condition) + int(self.correction_scale is not None)
        return inverse + len(self.schedule.timesteps) * (field // 2 + seen * residual + bands)

    def initial_state(self, observations: Sequence[Observation], pinvs: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return [x1, ..., xM, mean] (B, M + 1, H, W) before scaling with sqrt(abar_T) (Algorithm 1, line 2)."""
        starts = [o.y if self.init == 'observation' and o.y.shape == p.shape else p
                  for o, p in zip(observations, pinvs, strict=True)]
        return torch.cat([*starts, torch.stack(starts).mean(0)], 1)

    def _prepare(self, observations: Sequence[Observation]) -> Sequence[Observation]:
        return [fill_holes(o) for o in observations] if self.fill_holes else observations

    def _smoothed(self, observations: Sequence[Observation]) -> Sequence[Observation]:
        """Return the observations as the first state and the network see them, not the correction."""
        return [smooth_cells(o) for o in observations] if self.smooth_cells else observations

    def _trusted(self, observations: Sequence[Observation]) -> Sequence[Observation]:
        """Return the observations as the correction sees them: A^+ regularised for the error of x0."""
        if self.error_std is None:
            return observations
        variance = self.error_std**2
        return [replace(o, A=self._seeking(o.A, _rms(o.sigma), variance)) for o in observations]

    def _seeking(self, A: BoundOperator, level: torch.Tensor, variance: float) -> BoundOperator:
        """Return A that looks for errors of a variance; ``level`` is its noise where A does not know it."""
        if A.noise_std is None:
            return A.with_noise(self._floored(level), variance)
        noise = A.noise_std
        # kept with A: its transfer functions and noise gain then serve every picture that A serves
        return A.kept(('seeking', variance, self.noise_floor), lambda: A.with_noise(self._floored(noise), variance))

    def _floored(self, noise: torch.Tensor) -> torch.Tensor:
        return noise.clamp(min=self.noise_floor)

    def _assumed(self, observation: Observation, sigma: torch.Tensor) -> torch.Tensor:
        return sigma if isinstance(observation.A.operator, Identity) else self._floored(sigma)

    def _predict(self, x: torch.Tensor, eps: torch.Tensor,
                 alpha_bar: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x0 = predict_x0(x, eps, alpha_bar)
        if self.x0_range is None:
            return x0, eps
        x0 = self._bound(x0)
        return x0, implied_noise(x, x0, alpha_bar)

    def _bound(self, x0: torch.Tensor) -> torch.Tensor:
        return x0 if self.x0_range is None else bound(x0, *self.x0_range)

    def _correct(self, t: int, x0: torch.Tensor, joint: JointObservation, abar: torch.Tensor,
                 noises: Sequence[torch.Tensor]) -> torch.Tensor:
        if self.correction_scale is None:
            return x0
        scale = self.correction_scale(t, abar, noises)
        return joint.correct(JointTensor.unpack(x0), scale, self.projection, self.fused_update).pack()

    def _pinv_noise(self, observations: Sequence[Observation], sigmas: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Return the noise of A^+ y of each source, for the correction scale."""
        if not getattr(self.correction_scale, 'use_gain', True) or self.correction_scale is None:
            return [self._assumed(o, s) for o, s in zip(observations, sigmas, strict=True)]
        with torch.no_grad():
            return [self._assumed(o, s) * o.A.pinv_noise_gain().to(s).view(-1, 1, 1, 1)
                    for o, s in zip(observations, sigmas, strict=True)]

    def _condition(self, denoiser: Denoiser, x: torch.Tensor, alpha_bar: torch.Tensor,
                   observations: Sequence[Observation], pinvs: torch.Tensor, sigmas: Sequence[torch.Tensor],
                   memory: tuple[torch.Tensor, ...] | None) -> StepCondition | None:
        """Collect what is known at this step of the sources' state x (B, M, H, W), if the network reads it."""
        if not denoiser.uses_condition:
            return None
        with torch.autocast(x.device.type, enabled=False):
            residual = torch.cat([o.A.pinv(o.A.forward(xi) - o.y)
                                  for o, xi in zip(observations, (x / alpha_bar.sqrt()).split(1, 1), strict=True)], 1)
            if self.x0_range is not None:
                half = (self.x0_range[1] - self.x0_range[0]) / 2
                residual = residual.clamp(-half, half)
            varying = any(s.shape[-2:] != (1, 1) for s in sigmas)
            maps = torch.cat([s.expand_as(x[:, :1]) if varying else s.expand(len(x), -1, -1, -1) for s in sigmas], 1)
        # constant levels stay constant: a network may read them once
        return StepCondition(pinvs, residual, maps.expand_as(x), memory=memory, alpha_bar=alpha_bar)

    @torch.no_grad()
    def _record(self, t: int, predicted: torch.Tensor, x0: torch.Tensor, joint: JointObservation,
                abar: torch.Tensor, noises: Sequence[torch.Tensor]) -> StepRecord:
        scale = self.correction_scale(t, abar, noises) if self.correction_scale else None
        scales = [float(torch.as_tensor(s).mean()) for s in (*scale.sources, scale.fused)] if scale \
            else [0.0] * x0.shape[1]
        image = joint.forward(JointTensor.unpack(x0))
        residuals = [float((a - y).square().mean().sqrt())
                     for a, y in zip(image.sources, joint.y.sources, strict=True)]
        return StepRecord(t, x0.detach(), joint.weights.detach(), scales, residuals, predicted.detach())


def _rms(sigma: torch.Tensor) -> torch.Tensor:
    return sigma.square().mean((1, 2, 3)).sqrt()


def full_size_sigma(observation: Observation) -> torch.Tensor:
    """Return the noise level as a map of the image's size, or (B, 1, 1, 1) if it is constant."""
    sigma, (height, width), stride = observation.sigma, observation.A.image_shape, observation.A.stride
    if sigma.shape[-2:] in ((1, 1), (height, width)):
        return sigma
    return enlarge(sigma, (height, width), 'nearest', factor=stride)
