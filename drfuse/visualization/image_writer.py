"""Tensors to PNG files."""

from pathlib import Path

import cv2
import numpy as np
import torch

from drfuse.utils.checkpoint import write_atomic


def to_uint8(image: torch.Tensor | np.ndarray) -> np.ndarray:
    """Return an image as 8-bit levels, floor(255 clamp(x) + 0.5).

    Args:
        image: (H, W), (1, H, W) or (3, H, W) in [0, 1]; values outside are clamped, NaN becomes 0.

    Returns:
        (H, W) for grey, (H, W, 3) RGB for colour.

    Raises:
        ValueError: If the shape is none of these.
    """
    array = torch.as_tensor(image).detach().float().cpu().numpy()
    if array.ndim == 3 and array.shape[0] == 1:
        array = array[0]
    elif array.ndim == 3 and array.shape[0] == 3:
        array = array.transpose(1, 2, 0)
    elif array.ndim != 2:
        raise ValueError(f'an image to write is (H, W), (1, H, W) or (3, H, W), got {tuple(array.shape)}')
    return np.floor(255 * np.nan_to_num(array).clip(0, 1) + 0.5).astype(np.uint8)


def write_png(path: str | Path, image: torch.Tensor | np.ndarray) -> Path:
    """Write a PNG; the file is complete or absent at any time.

    Args:
        path: File; missing folders are made.
        image: uint8 (H, W) or (H, W, 3) RGB, or what :func:`to_uint8` takes.

    Returns:
        The path.
    """
    levels = image if isinstance(image, np.ndarray) and image.dtype == np.uint8 else to_uint8(image)
    done, data = cv2.imencode('.png', levels[..., ::-1] if levels.ndim == 3 else levels)
    if not done:
        raise ValueError(f'cannot encode an image of shape {levels.shape} for {path}')
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(data.tobytes(), path)
    return path


def safe_name(stem: str) -> str:
    """Return a stem that cannot leave its folder."""
    return stem.replace('/', '_').replace('\\', '_')
