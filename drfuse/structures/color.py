"""The one RGB <-> YCbCr conversion of the package: full-range BT.601, as in JPEG and Pillow."""

import torch

# Y, Cb, Cr in terms of R, G, B (ITU-R BT.601-7, full range; JFIF 1.02)
_TO_YCBCR = ((0.299, 0.587, 0.114),
             (-0.168735891647856, -0.331264108352144, 0.5),
             (0.5, -0.418687589158345, -0.081312410841655))
_CR_TO_R, _CB_TO_B = 1.402, 1.772
_CB_TO_G, _CR_TO_G = -0.344136286201022, -0.714136286201022

LUMA_WEIGHTS = _TO_YCBCR[0]
"""Weights of R, G, B in the luminance Y."""

CHROMA_WEIGHTS = _TO_YCBCR[1:]
"""Weights of R, G, B in Cb and Cr."""

NEUTRAL_CHROMA = 0.5


def rgb_to_ycbcr(rgb: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Split RGB into luminance and chroma.

    Args:
        rgb: (..., 3, H, W) in [0, 1].

    Returns:
        Luminance (..., 1, H, W) in [0, 1] and chroma (..., 2, H, W), neutral at 0.5.
    """
    matrix = rgb.new_tensor(_TO_YCBCR)
    ycbcr = torch.einsum('ij,...jhw->...ihw', matrix, rgb)
    # a copy: a view of the luminance would keep all three planes in memory
    return ycbcr[..., :1, :, :].clone(), ycbcr[..., 1:, :, :] + NEUTRAL_CHROMA


def ycbcr_to_rgb(luma: torch.Tensor, chroma: torch.Tensor) -> torch.Tensor:
    """Join luminance (..., 1, H, W) and chroma (..., 2, H, W) to RGB (..., 3, H, W), not clamped."""
    y, (cb, cr) = luma[..., 0, :, :], (chroma - NEUTRAL_CHROMA).unbind(-3)
    return torch.stack((y + _CR_TO_R * cr, y + _CB_TO_G * cb + _CR_TO_G * cr, y + _CB_TO_B * cb), -3)


def split_luma_chroma(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return luminance and, for a colour image, chroma.

    Args:
        image: (..., C, H, W) with C = 1 (grey) or 3 (RGB), in [0, 1].

    Raises:
        ValueError: If C is neither 1 nor 3.
    """
    channels = image.shape[-3]
    if channels == 1:
        return image, None
    if channels != 3:
        raise ValueError(f'an image has 1 (grey) or 3 (RGB) channels, got {channels}')
    return rgb_to_ycbcr(image)
