"""Building blocks of the dual-decoder U-Net."""

import math

import torch
from torch import nn
from torch.nn import functional as F


def sinusoidal_embedding(t: torch.Tensor, dim: int, max_period: float = 10000.0) -> torch.Tensor:
    """Encode step indices as cosines and sines of geometrically spaced frequencies.

    Args:
        t: (B,) step indices.
        dim: Even length of the code.
        max_period: The frequencies fall from 1 to almost ``1 / max_period``.

    Returns:
        (B, dim) float32 on the device of ``t``, the cosines first (Vaswani et al. 2017, Sec. 3.5; order of the
        release).
    """
    half = dim // 2
    exponents = torch.arange(half, device=t.device, dtype=torch.float32) / half
    angles = t.float()[:, None] * torch.exp(-math.log(max_period) * exponents)
    return torch.cat((angles.cos(), angles.sin()), 1)


class TimeEmbedding(nn.Module):
    """Step index to feature vector: sinusoidal code, then a two-layer perceptron.

    Args:
        dim: Even length of the sinusoidal code.
        out_dim: Length of the result.

    Shape:
        t: (B,). Result: (B, out_dim).
    """

    def __init__(self, dim: int, out_dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.mlp = nn.Sequential(nn.Linear(dim, out_dim), nn.SiLU(), nn.Linear(out_dim, out_dim))

    def forward(self, t: torch.Tensor) -> torch.Tensor:
        """Return the embedding of the step indices."""
        code = sinusoidal_embedding(t, self.dim)
        return self.mlp(code.to(self.mlp[0].weight.dtype))


class ResBlock(nn.Module):
    """Residual block with a time shift: GN-SiLU-conv, + Linear(SiLU(time)), GN-SiLU-dropout-conv, + shortcut.

    Args:
        in_channels: Width of the input.
        out_channels: Width of the result; where it differs, the shortcut is a 1 x 1 convolution.
        time_dim: Length of the time embedding.
        norm_groups: Groups of both normalisations; divides both widths.
        dropout: Dropout probability before the second convolution.

    Shape:
        x: (B, in_channels, H, W), emb: (B, time_dim). Result: (B, out_channels, H, W).
    """

    def __init__(self, in_channels: int, out_channels: int, time_dim: int, norm_groups: int, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(norm_groups, in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.time_proj = nn.Linear(time_dim, out_channels)
        self.norm2 = nn.GroupNorm(norm_groups, out_channels)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        same = in_channels == out_channels
        self.shortcut = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: torch.Tensor, emb: torch.Tensor) -> torch.Tensor:
        """Return the block's result."""
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.time_proj(F.silu(emb))[:, :, None, None]
        h = self.conv2(self.dropout(F.silu(self.norm2(h))))
        return h + self.shortcut(x)


class SkipAttention(nn.Module):
    """Channel times spatial attention on a skip connection (in the manner of CBAM, Woo et al. 2018).

    ``x * sigmoid(MLP(avgpool x) + MLP(maxpool x)) * sigmoid(conv1x1(x))``; one shared two-layer MLP. The
    pooling spans the whole image, so the result at one pixel depends on all of them.

    Args:
        channels: Width of the skip.
        reduction: The MLP's hidden width is ``channels // reduction``, at least 1.

    Shape:
        x and result: (B, channels, H, W).
    """

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.squeeze = nn.Conv2d(channels, hidden, 1)
        self.expand = nn.Conv2d(hidden, channels, 1)
        self.spatial = nn.Conv2d(channels, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the weighted skip."""
        pooled = (x.mean((2, 3), keepdim=True), x.amax((2, 3), keepdim=True))
        channel = torch.sigmoid(sum(self.expand(F.relu(self.squeeze(p))) for p in pooled))
        return x * channel * torch.sigmoid(self.spatial(x))


class Downsample(nn.Module):
    """Halve the size by a 3 x 3 convolution of stride 2.

    Shape:
        x: (B, channels, H, W). Result: (B, channels, ceil(H / 2), ceil(W / 2)).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the smaller map."""
        return self.conv(x)


class Upsample(nn.Module):
    """Double the size by a 3 x 3 transposed convolution of stride 2.

    Shape:
        x: (B, channels, H, W). Result: (B, channels, 2 H, 2 W).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(channels, channels, 3, stride=2, padding=1, output_padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the larger map."""
        return self.conv(x)
