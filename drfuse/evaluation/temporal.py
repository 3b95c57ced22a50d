"""Temporal stability of clips: how much of a static scene flickers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def flicker(frames: Iterable[np.ndarray], static: np.ndarray | None = None) -> float:
    """Return the root mean square, over static pixels, of the standard deviation over time.

    Where the scene does not move, every change is noise or flicker. One pass, in constant memory (B. P. Welford, "Note
    on a method for calculating corrected sums of squares and products", Technometrics 4(3), 1962).

    Args:
        frames: At least two (H, W) or (H, W, C) arrays of one size; channels count alike.
        static: (H, W), True where the scene is static; None = everywhere.

    Returns:
        In the unit of the frames.

    Raises:
        ValueError: If there are fewer than two frames, sizes differ, or nothing is static.
    """
    count, mean, squares = 0, None, None
    for frame in frames:
        frame = np.asarray(frame, np.float64)
        if mean is None:
            mean, squares = np.zeros_like(frame), np.zeros_like(frame)
        if frame.shape != mean.shape:
            raise ValueError(f'frames must have one size, got {frame.shape} after {mean.shape}')
        count += 1
        change = frame - mean
        mean += change / count
        squares += change * (frame - mean)
    if count < 2:
        raise ValueError(f'flicker needs at least 2 frames, got {count}')
    variance = squares / (count - 1)
    kept = variance if static is None else variance[np.asarray(static, bool)]
    if kept.size == 0:
        raise ValueError('no pixel is static')
    return float(np.sqrt(kept.mean()))
