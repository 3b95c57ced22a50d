"""A convolutional denoiser that is told the noise level."""

from __future__ import annotations

import torch
from mmengine.model import BaseModule
from torch import nn
from torch.nn import functional as F

from drfuse.registry import MODELS


class _ResidualPair(nn.Module):
    """x + conv(relu(conv(x)))."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = _conv(channels, channels), _conv(channels, channels, gain=0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, C, H, W) of the shape of ``x``."""
        return x + self.second(F.relu(self.first(x)))


def _conv(inputs: int, outputs: int, gain: float = 1.0) -> nn.Conv2d:
    conv = nn.Conv2d(inputs, outputs, 3, padding=1)
    nn.init.kaiming_normal_(conv.weight, nonlinearity='relu')
    with torch.no_grad():
        conv.weight.mul_(gain)
    nn.init.zeros_(conv.bias)
    return conv


@MODELS.register_module()
class FFDNet(BaseModule):
    """Denoiser on a 2 x 2 pixel-unshuffled image and a map of the noise level.

    K. Zhang, W. Zuo, L. Zhang, "FFDNet: toward a fast and flexible solution for CNN-based image denoising", IEEE TIP
    27(9), 2018. As there, 15 convolutions of 64 channels for grey images. In place of batch normalisation, which makes
    the result depend on the batch, pairs of convolutions have a skip around them; the output is the noise in units of
    sigma, so that sigma 0 means no change.

    Args:
        channels: Width, a multiple of 16.
        layers: Number of 3 x 3 convolutions, odd and >= 3.
        init_cfg: MMEngine initialisation config.

    Raises:
        ValueError: If an argument does not fit.
    """

    def __init__(self, channels: int = 64, layers: int = 15, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if channels < 1 or channels % 16 or layers < 3 or layers % 2 == 0:
            raise ValueError(f'FFDNet needs channels in multiples of 16 and an odd number of layers >= 3, got '
                             f'{channels} and {layers}')
        pairs = [_ResidualPair(channels) for _ in range((layers - 3) // 2)]
        self.layers = layers
        self.body = nn.Sequential(_conv(5, channels), *pairs, _conv(channels, channels), nn.ReLU(inplace=True),
                                  _conv(channels, 4, gain=0.1)).to(memory_format=torch.channels_last)

    @property
    def receptive_field(self) -> int:
        """Side in pixels of the input window that one output pixel depends on."""
        return 2 * (2 * self.layers + 1)

    def forward(self, image: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """Denoise.

        Args:
            image: (B, 1, H, W) noisy luminance, any size.
            sigma: Noise level in the unit of the image, (B, 1, 1, 1) or (B, 1, H, W).

        Returns:
            (B, 1, H, W) in the dtype of the image, not clamped.
        """
        height, width = image.shape[-2:]
        pad = (0, width % 2, 0, height % 2)
        level = sigma.to(image).expand(-1, 1, height, width)
        wide = F.pad(image, pad, mode='replicate')
        small_level = F.avg_pool2d(F.pad(level, pad, mode='replicate'), 2)
        packed = torch.cat([F.pixel_unshuffle(wide - 0.5, 2), small_level], 1)
        noise = self.body(packed.contiguous(memory_format=torch.channels_last))
        noise = F.pixel_shuffle(noise.to(image.dtype), 2)[..., :height, :width]
        return image - level * noise
