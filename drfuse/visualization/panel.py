"""One picture that shows what a model did to a pair."""

import cv2
import numpy as np
import torch

from drfuse.structures import FusionDataSample
from drfuse.visualization.image_writer import to_uint8

_GAP, _LABEL_HEIGHT, _SMALLEST = 4, 16, 96


def enlarge_with_original(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Enlarge a low-resolution image by replication and put the original, framed, in its top-left corner.

    Args:
        image: (h, w) or (h, w, 3), uint8.
        size: (H, W) to enlarge to.

    Returns:
        Image of that size; the input itself if it has the size already.
    """
    height, width = size
    if image.shape[:2] == (height, width):
        return image
    large = cv2.resize(image, (width, height), interpolation=cv2.INTER_NEAREST)
    h, w = min(image.shape[0], height - 1), min(image.shape[1], width - 1)
    if image.shape[0] < height and image.shape[1] < width:
        large[:h + 1, :w + 1] = 255
        large[:h, :w] = image[:h, :w]
    return large


def draw_grid(rows: list[list[tuple[str, np.ndarray]]]) -> np.ndarray:
    """Lay labelled images out in rows.

    Args:
        rows: Per row the cells: label and image, uint8 (h, w) or (h, w, 3) RGB. Cells grow to the size of
            the largest image, which is brought to at least 96 pixels so that labels can be read.

    Returns:
        (H, W, 3) RGB, uint8.
    """
    shapes = [image.shape[:2] for row in rows for _, image in row]
    height, width = max(s[0] for s in shapes), max(s[1] for s in shapes)
    factor = max(1, -(-_SMALLEST // max(1, min(height, width))))
    size = (height * factor, width * factor)
    columns = max(len(row) for row in rows)
    step_y, step_x = size[0] + _LABEL_HEIGHT + _GAP, size[1] + _GAP
    canvas = np.full((len(rows) * step_y + _GAP, columns * step_x + _GAP, 3), 32, np.uint8)
    for r, row in enumerate(rows):
        for c, (label, image) in enumerate(row):
            _draw_cell(canvas[_GAP + r * step_y:, _GAP + c * step_x:], label, image, size)
    return canvas


def _draw_cell(canvas: np.ndarray, label: str, image: np.ndarray, size: tuple[int, int]) -> None:
    rgb = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
    if rgb.shape[:2] != size:
        rgb = cv2.resize(rgb, size[::-1], interpolation=cv2.INTER_NEAREST)
    canvas[_LABEL_HEIGHT:_LABEL_HEIGHT + size[0], :size[1]] = rgb
    strip = np.ascontiguousarray(canvas[:_LABEL_HEIGHT, :size[1]])
    cv2.putText(strip, label, (1, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (255, 255, 255), 1, cv2.LINE_AA)
    canvas[:_LABEL_HEIGHT, :size[1]] = strip


def draw_panel(sample: FusionDataSample) -> np.ndarray:
    """Draw observed | restored | weight for each source, and the fused image, with labels.

    A low-resolution observation is shown enlarged with the original in its top-left corner.

    Args:
        sample: With predictions.

    Returns:
        (H, W, 3) RGB, uint8.
    """
    size = tuple(sample.pred_fused.shape[-2:])
    observed = sample.get('observed') or {}
    names = list(sample.get('modalities') or observed) or [f'source {i + 1}' for i in range(len(sample.pred_sources))]
    rows = [_source_row(sample, i, name, observed.get(name), size) for i, name in enumerate(names)]
    rows[0].append(('fused (luminance)', to_uint8(sample.pred_fused)))
    image = sample.get('fused_image')
    if image is not None and image.shape[0] == 3 and len(rows) > 1:
        rows[1].append(('fused (colour)', to_uint8(image)))
    return draw_grid(rows)


def _source_row(sample: FusionDataSample, index: int, name: str, observed: torch.Tensor | None,
                size: tuple[int, int]) -> list[tuple[str, np.ndarray]]:
    row = []
    if observed is not None:
        row.append((f'{name}: observed', enlarge_with_original(to_uint8(observed), size)))
    row.append((f'{name}: restored', to_uint8(sample.pred_sources[index])))
    if 'pred_weights' in sample:
        row.append((f'{name}: weight', to_uint8(sample.pred_weights[index])))
    return row
