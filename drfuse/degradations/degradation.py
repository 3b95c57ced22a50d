"""A degradation: an ordered list of stages, and the observation it leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from drfuse.degradations.choice import flat
from drfuse.degradations.compose import Compose
from drfuse.degradations.identity import Identity
from drfuse.degradations.linear_operator import BoundOperator, LinearOperator, Stage
from drfuse.degradations.noise import NoiseModel
from drfuse.degradations.window import Window
from drfuse.registry import DEGRADATIONS
from drfuse.structures.color import LUMA_WEIGHTS, split_luma_chroma
from drfuse.utils.typing import ImageShape, Params


@dataclass(frozen=True)
class Observation:
    """What the camera gave us, and how: y = A x + n.

    Attributes:
        y: (B, 1, h, w) observed luminance, about [0, 1].
        A: The linear operator, bound to its parameters and to the size of x.
        sigma: (B, 1, 1, 1) or (B, 1, h, w), standard deviation of n, unit of y.
    """

    y: torch.Tensor
    A: BoundOperator
    sigma: torch.Tensor

    def to(self, device: torch.device | str) -> Observation:
        """Return the observation on ``device``."""
        return Observation(self.y.to(device), self.A.to(device), self.sigma.to(device))

    def sample(self, index: int) -> Observation:
        """Return the observation of one sample of the batch."""
        one = slice(index, index + 1)
        return Observation(self.y[one], self.A.sample(index), self.sigma[one if len(self.sigma) > 1 else slice(1)])

    def window(self, window: Window) -> Observation:
        """Return the observation of a window of the image; what was measured on the whole is kept.

        Raises:
            ValueError: If A cannot act on the window; see :meth:`BoundOperator.window`.
        """
        seen = self.A.observed(window)
        uniform = self.sigma.shape[-2:] == (1, 1)
        return Observation(seen.cut(self.y), self.A.window(window), self.sigma if uniform else seen.cut(self.sigma))

    @staticmethod
    def stack(items: Sequence[Observation]) -> Observation:
        """Join observations along the batch dimension.

        Raises:
            ValueError: If sizes or operators differ; the message lists them.
        """
        shapes = {tuple(item.y.shape[1:]) for item in items}
        if len(shapes) > 1:
            raise ValueError(f'cannot batch observations of different shapes {sorted(shapes)}: '
                             'crop them alike, or use batch_size=1')
        y = torch.cat([item.y for item in items])
        sigmas = [item.sigma for item in items]
        if len({s.shape[1:] for s in sigmas}) > 1:
            sigmas = [s.expand(-1, *y.shape[1:]) for s in sigmas]
        return Observation(y, BoundOperator.stack([item.A for item in items]), torch.cat(sigmas))


class Degradation:
    """One modality's degradation: linear operators, noise models and quantisers, in order.

    The linear stages compose A; the noise is propagated through the linear stages behind it to the
    effective sigma of the luminance; quantisers act on the data and never enter A.

    Args:
        stages: Configs of :data:`drfuse.registry.DEGRADATIONS`, or stages; the first acts first.
        pinv_solver: Config of a solver for the whole of A; None = each operator's own, in reverse order.
    """

    def __init__(self, stages: Sequence[dict | Stage] = (), pinv_solver: dict | None = None) -> None:
        self.stages = flat([s if isinstance(s, Stage) else DEGRADATIONS.build(s) for s in stages])
        self.pinv_solver = pinv_solver

    def resolve(self, generator: torch.Generator | None) -> Degradation:
        """Settle the choices that change shapes, once for a whole batch."""
        return Degradation([s.resolve(generator) for s in self.stages], self.pinv_solver)

    def sample_params(self, generator: torch.Generator | None = None) -> Params:
        """Draw the continuous parameters of one sample, keyed ``'<stage>.<name>'``."""
        drawn = [stage.sample_params(generator) for stage in self.stages]
        return {f'{i}.{name}': value for i, params in enumerate(drawn) for name, value in params.items()}

    def scaled(self, params: Params, factors: Sequence[float]) -> Params:
        """Return the parameters of stages that do ``factors`` times as much, one factor a stage."""
        return {f'{i}.{name}': value for i, (stage, factor) in enumerate(zip(self.stages, factors, strict=True))
                for name, value in stage.scaled(_select(params, i), factor).items()}

    def degrade(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Apply every stage to the stored channels.

        Args:
            image: (B, C, H, W) in [0, 1], all channels as stored in the file.
            params: From :meth:`sample_params`.
            generator: Source of the noise.

        Returns:
            (B, C, h, w), degraded.
        """
        for i, stage in enumerate(self.stages):
            image = stage.degrade(image, _select(params, i), generator)
        return image

    def observe(self, image: torch.Tensor, generator: torch.Generator) -> tuple[Observation, torch.Tensor | None]:
        """Draw parameters, degrade the stored channels, and take the luminance of the result.

        Args:
            image: (B, C, H, W) clean stored channels (1 or 3) in [0, 1].
            generator: Source of parameters and noise.

        Returns:
            The observation of the luminance, and the chroma (B, 2, h, w) of the degraded image (None if grey).
        """
        params = self.sample_params(generator)
        degraded = self.degrade(image, params, generator)
        return self.attach(degraded, image.shape[-2:], params)

    def attach(self, image: torch.Tensor, image_shape: ImageShape,
               params: Params | None = None) -> tuple[Observation, torch.Tensor | None]:
        """Describe an already degraded image; nothing is synthesised.

        Args:
            image: (B, C, h, w) observed stored channels (1 or 3) in [0, 1].
            image_shape: (H, W) of the image before the degradation.
            params: Parameters; None if every stage has fixed ones.

        Returns:
            As :meth:`observe`.

        Raises:
            ValueError: If A maps ``image_shape`` to another size than the image has.
        """
        params = self.sample_params() if params is None else params
        operator = self._bind(0, params, tuple(image_shape))
        if operator.observation_shape != tuple(image.shape[-2:]):
            raise ValueError(f'{operator.operator} maps {tuple(image_shape)} to {operator.observation_shape}, '
                             f'but the observed image is {tuple(image.shape[-2:])}')
        y, chroma = split_luma_chroma(image)
        sigma = self._luma_variance(image, params, tuple(image_shape)).sqrt()
        noise_std = sigma.square().mean((1, 2, 3)).sqrt()
        return Observation(y, operator.with_noise(noise_std), sigma), chroma

    def _bind(self, start: int, params: Params, image_shape: ImageShape) -> BoundOperator:
        """Bind the product of the linear stages from position ``start`` on."""
        linear = [(i, s) for i, s in enumerate(self.stages) if i >= start and isinstance(s, LinearOperator)]
        if not linear:
            return Identity().bind({}, image_shape)
        if len(linear) == 1:
            ((position, stage),) = linear
            stage = stage if self.pinv_solver is None else stage.with_solver(self.pinv_solver)
            return stage.bind(_select(params, position), image_shape)
        joined = {f'{k}.{name}': v for k, (i, _) in enumerate(linear) for name, v in _select(params, i).items()}
        return Compose([s for _, s in linear], pinv_solver=self.pinv_solver).bind(joined, image_shape)

    def _luma_variance(self, image: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return the noise variance of the observed luminance, summed over the noise stages."""
        total = image.new_zeros(image.shape[0], 1, 1, 1)
        shape = image_shape
        for i, stage in enumerate(self.stages):
            if isinstance(stage, LinearOperator):
                shape = stage.output_shape(shape)
            elif isinstance(stage, NoiseModel):
                tail = self._bind(i + 1, params, shape)
                signal = tail.pinv(image).clamp(0, 1) if stage.signal_dependent else image
                variance = stage.variance(signal, _select(params, i))
                total = total + stage.spread(_luma_of_variance(variance, image.shape[1]), tail)
        return total

    def __repr__(self) -> str:
        return f'Degradation({self.stages!r})'


def _luma_of_variance(variance: torch.Tensor, channels: int) -> torch.Tensor:
    """Return the luminance variance of independent channel noise: sum of squared luma weights."""
    if channels == 1:
        return variance
    weights = variance.new_tensor(LUMA_WEIGHTS).square().view(1, -1, 1, 1)
    return (weights * variance).sum(1, keepdim=True)


def _select(params: Params, index: int) -> Params:
    """Return the parameters of one stage without their prefix."""
    prefix = f'{index}.'
    return {k.removeprefix(prefix): v for k, v in params.items() if k.startswith(prefix)}
