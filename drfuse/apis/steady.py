"""Less flicker for a camera that stands still: what does not move is averaged over time."""

from __future__ import annotations

import cv2
import numpy as np

GAIN = 0.5
"""Weight of the new frame where nothing moves; the old ones have the rest."""
_SIDE = 5
_QUIET, _MOVING = 2.0, 4.0  # change of a 5 x 5 mean, in standard deviations of its noise


def steadied(frame: np.ndarray, previous: np.ndarray | None, index: int = 0) -> np.ndarray:
    """Average a frame with the previous result where nothing moves; at least half of the picture must stand still.

    A recursive filter of first order whose gain is 1 where the local mean changed by more than noise explains, as
    in motion-adaptive noise reduction (E. Dubois, S. Sabri, "Noise reduction in image sequences using
    motion-compensated temporal filtering", IEEE Trans. Communications 32(7), 1984). Of white noise it leaves
    sqrt(g / (2 - g)), 58 %.

    Args:
        frame: (H, W) or (H, W, C), uint8, uint16 or float32.
        previous: The previous result, of the same shape and type; None at the start of a clip.
        index: Number of the frame in the clip: where rounding may go either way, it takes turns.

    Returns:
        As ``frame``.
    """
    if previous is None or previous.shape != frame.shape or previous.dtype != frame.dtype:
        return frame
    change = frame.astype(np.float32) - previous.astype(np.float32)
    grey = change if change.ndim == 2 else change.mean(-1)
    noise = 1.4826 * float(np.median(np.abs(grey))) / _SIDE
    level = np.abs(cv2.blur(grey, (_SIDE, _SIDE), borderType=cv2.BORDER_REFLECT)) / max(noise, 1e-12)
    step = np.clip((level - _QUIET) / (_MOVING - _QUIET), 0, 1)
    moving = cv2.dilate(step * step * (3 - 2 * step), np.ones((_SIDE, _SIDE), np.uint8))
    gain = GAIN + (1 - GAIN) * moving
    result = previous + (gain if change.ndim == 2 else gain[..., None]) * change
    return (result if frame.dtype.kind == 'f' else _rounded(result, index)).astype(frame.dtype)


def _rounded(values: np.ndarray, index: int) -> np.ndarray:
    """Return (H, W) or (H, W, C) in whole numbers; halves go up and down in turns, over pixels and over frames.

    With the gain 1/2 every second value is a half, and is the start of the next frame: always up, a static scene gets
    brighter by up to 0.3 levels; to the even number, it is drawn to the even levels. The results themselves are the
    only memory, so that a clip can be continued from its files, as it would have gone on; the turns follow from the
    index. All channels of a pixel take the same, so that grey stays grey.
    """
    rows, columns = np.ogrid[:values.shape[0], :values.shape[1]]
    up = (rows + columns + index) % 2 == 1
    return np.where(up if values.ndim == 2 else up[..., None], np.floor(values + 0.5), np.ceil(values - 0.5))
