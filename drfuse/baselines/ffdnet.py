"""A convolutional denoiser that is told the noise level."""

from __future__ import annotations

import torch
from mmengine.model import BaseModule
from torch import nn
from torch.nn import functional as F

from drfuse.registry import MODELS


@MODELS.register_module()
class FFDNet(BaseModule):
    """Denoiser on a 2 x 2 pixel-unshuffled image and a map of the noise level.

    K. Zhang, W. Zuo, L. Zhang, "FFDNet: toward a fast and flexible solution for CNN-based image denoising", IEEE TIP
    27(9), 2018. As there, 15 convolutions of 64 channels for grey images, but it predicts the noise in units of sigma
    and has no batch normalisation: sigma 0 means no change, and small batches train alike.

    Args:
        channels: Width, a multiple of 16.
        layers: Number of 3 x 3 convolutions, >= 3.
        init_cfg: MMEngine initialisation config.

    Raises:
        ValueError: If an argument does not fit.
    """

    def __init__(self, channels: int = 64, layers: int = 15, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if channels < 1 or channels % 16 or layers < 3:
            raise ValueError(f'FFDNet needs channels in multiples of 16 and layers >= 3, got {channels} and {layers}')
        widths = [5, *[channels] * (layers - 1), 4]
        blocks: list[nn.Module] = []
        for before, after in zip(widths[:-1], widths[1:], strict=True):
            conv = nn.Conv2d(before, after, 3, padding=1)
            nn.init.kaiming_normal_(conv.weight, nonlinearity='relu')
            nn.init.zeros_(conv.bias)
            blocks += [conv, nn.ReLU(inplace=True)]
        nn.init.zeros_(blocks[-2].weight)
        self.body = nn.Sequential(*blocks[:-1]).to(memory_format=torch.channels_last)

    @property
    def receptive_field(self) -> int:
        """Side in pixels of the input window that one output pixel depends on."""
        return 2 * (len(self.body) + 1) + 2

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
        packed = torch.cat([F.pixel_unshuffle(wide, 2), small_level], 1)
        noise = self.body(packed.contiguous(memory_format=torch.channels_last))
        noise = F.pixel_shuffle(noise.to(image.dtype), 2)[..., :height, :width]
        return image - level * noise
