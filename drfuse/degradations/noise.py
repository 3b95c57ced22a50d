"""Noise models: what a sensor adds, per stored channel."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch

from drfuse.degradations.linear_operator import BoundOperator, Stage
from drfuse.registry import DEGRADATIONS
from drfuse.utils.seed import checked_range, uniform
from drfuse.utils.typing import Params, Range


class NoiseModel(Stage):
    """A noise model draws zero-mean noise, independent in every stored channel.

    Shape:
        image: (B, C, H, W) in [0, 1]; the result is not clipped (a quantiser does that).
    """

    signal_dependent: ClassVar[bool] = False
    """True if the variance depends on the image."""

    @abstractmethod
    def sample_noise(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Draw the noise (B, C, H, W) for a clean image."""

    @abstractmethod
    def variance(self, signal: torch.Tensor, params: Params) -> torch.Tensor:
        """Return the noise variance, (B, 1, 1, 1) or (B, C, H, W), for an estimate of the signal."""

    def spread(self, variance: torch.Tensor, tail: BoundOperator) -> torch.Tensor:
        """Return the variance behind the linear operators that follow; white noise unless overridden.

        Args:
            variance: (B, 1, 1, 1) or (B, C, H, W), from :meth:`variance`.
            tail: The product of the operators that act after the noise.

        Returns:
            Variance, broadcastable to the result of the operators.
        """
        return tail.noise_variance(variance)

    def degrade(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Add the noise."""
        return image + self.sample_noise(image, params, generator)


def _per_sample(params: Params, name: str, like: torch.Tensor) -> torch.Tensor:
    return params[name].to(like).view(-1, 1, 1, 1)


def _normal(shape: tuple[int, ...], generator: torch.Generator | None, like: torch.Tensor) -> torch.Tensor:
    if generator is None:
        raise ValueError('drawing noise needs a torch.Generator, got None')
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(like)


@DEGRADATIONS.register_module()
class GaussianNoise(NoiseModel):
    """White Gaussian noise.

    Args:
        sigma: Standard deviation per stored channel on the [0, 1] scale, or (low, high).

    Raises:
        ValueError: If sigma < 0.
    """

    strengths = ('sigma',)

    def __init__(self, sigma: Range) -> None:
        self.sigma = checked_range(sigma, 'GaussianNoise sigma')

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Draw sigma (1,)."""
        return dict(sigma=uniform(self.sigma, generator, 'GaussianNoise sigma'))

    def sample_noise(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Draw sigma * z, z ~ N(0, 1)."""
        return _per_sample(params, 'sigma', image) * _normal(image.shape, generator, image)

    def variance(self, signal: torch.Tensor, params: Params) -> torch.Tensor:
        """Return sigma^2 (B, 1, 1, 1)."""
        return _per_sample(params, 'sigma', signal).square()


@DEGRADATIONS.register_module()
class PoissonGaussianNoise(NoiseModel):
    """Shot noise and read noise: variance = gain * x + sigma^2.

    A. Foi et al., "Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data",
    IEEE TIP 17(10), 2008.

    Args:
        gain: Signal per photon on the [0, 1] scale (1 / full-well count), or (low, high).
        sigma: Standard deviation of the read noise, or (low, high).

    Raises:
        ValueError: If gain <= 0 or sigma < 0.
    """

    signal_dependent = True

    def __init__(self, gain: Range, sigma: Range = 0.0) -> None:
        self.gain = checked_range(gain, 'PoissonGaussianNoise gain')
        self.sigma = checked_range(sigma, 'PoissonGaussianNoise sigma')
        if (gain if isinstance(gain, int | float) else min(gain)) == 0:
            raise ValueError(f'PoissonGaussianNoise gain must be > 0, got {gain}: use GaussianNoise')

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Draw gain (1,) and sigma (1,)."""
        return dict(gain=uniform(self.gain, generator, 'PoissonGaussianNoise gain'),
                    sigma=uniform(self.sigma, generator, 'PoissonGaussianNoise sigma'))

    def sample_noise(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Draw gain * Poisson(x / gain) - x + sigma * z."""
        gain, sigma = _per_sample(params, 'gain', image), _per_sample(params, 'sigma', image)
        read = sigma * _normal(image.shape, generator, image)
        photons = torch.poisson((image.clamp(min=0) / gain).cpu().double(), generator=generator).to(image)
        return gain * photons - image.clamp(min=0) + read

    def variance(self, signal: torch.Tensor, params: Params) -> torch.Tensor:
        """Return gain * signal + sigma^2 (B, C, H, W)."""
        return _per_sample(params, 'gain', signal) * signal.clamp(min=0) + \
            _per_sample(params, 'sigma', signal).square()


@DEGRADATIONS.register_module()
class SpeckleNoise(NoiseModel):
    """Multiplicative noise: y = x + x * sigma * z.

    Args:
        sigma: Standard deviation relative to the signal, or (low, high).

    Raises:
        ValueError: If sigma < 0.
    """

    signal_dependent = True

    strengths = ('sigma',)

    def __init__(self, sigma: Range) -> None:
        self.sigma = checked_range(sigma, 'SpeckleNoise sigma')

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Draw sigma (1,)."""
        return dict(sigma=uniform(self.sigma, generator, 'SpeckleNoise sigma'))

    def sample_noise(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Draw x * sigma * z."""
        return image * _per_sample(params, 'sigma', image) * _normal(image.shape, generator, image)

    def variance(self, signal: torch.Tensor, params: Params) -> torch.Tensor:
        """Return (sigma * signal)^2 (B, C, H, W)."""
        return (_per_sample(params, 'sigma', signal) * signal).square()


@DEGRADATIONS.register_module()
class StripeNoise(NoiseModel):
    """Column offsets of an uncooled infrared detector: every column has its own Gaussian offset.

    Args:
        sigma: Standard deviation of the offsets on the [0, 1] scale, or (low, high).
        axis: ``'column'`` (vertical stripes) or ``'row'``.

    Raises:
        ValueError: If sigma < 0 or axis is unknown.
    """

    strengths = ('sigma',)

    def __init__(self, sigma: Range, axis: str = 'column') -> None:
        if axis not in ('column', 'row'):
            raise ValueError(f"StripeNoise axis must be 'column' or 'row', got {axis!r}")
        self.sigma = checked_range(sigma, 'StripeNoise sigma')
        self.axis = axis

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Draw sigma (1,)."""
        return dict(sigma=uniform(self.sigma, generator, 'StripeNoise sigma'))

    def sample_noise(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Draw one offset a column (row) and channel."""
        batch, channels, height, width = image.shape
        shape = (batch, channels, 1, width) if self.axis == 'column' else (batch, channels, height, 1)
        return (_per_sample(params, 'sigma', image) * _normal(shape, generator, image)).expand_as(image)

    def variance(self, signal: torch.Tensor, params: Params) -> torch.Tensor:
        """Return sigma^2 (B, 1, 1, 1); the correlation along the stripe is not described."""
        return _per_sample(params, 'sigma', signal).square()

    def spread(self, variance: torch.Tensor, tail: BoundOperator) -> torch.Tensor:
        """Return the mean variance (B, 1, 1, 1) of stripes behind the tail, measured with fixed random signs.

        Averaging along a stripe does not weaken it, as it would white noise.
        """
        height, width = tail.image_shape
        generator = torch.Generator().manual_seed(0)
        shape = (64, 1, 1, 1, width) if self.axis == 'column' else (64, 1, 1, height, 1)
        signs = torch.randint(0, 2, shape, generator=generator).to(variance) * 2 - 1
        power = [tail.forward((variance.sqrt() * s).expand(-1, -1, height, width)).square() for s in signs]
        return torch.stack(power).mean((0, 3, 4), keepdim=True)[0]
