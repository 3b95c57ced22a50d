"""Whether a restored picture, degraded again as was told, gives the file that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from drfuse.apis.trajectory import middle
from drfuse.degradations import Observation
from drfuse.degradations.window import Window

LARGEST = 1 << 16
"""Most pixels that are looked at, in the middle of the picture."""
LIMIT = 2.0
"""Times what noise explains from which on a misfit is worth a warning: above what validation pairs show where what is
told is right or there is somewhat more noise, below what they show where a picture is sharper than told
(docs/results/mismatch_ivf.md)."""
_LEVEL = 1 / 255


class Misfit(NamedTuple):
    """How far A x lies from y.

    Attributes:
        found: Root mean square of A x - y, images in [0, 1].
        explained: What the noise that was told and one 8-bit level explain of it.
    """

    found: float
    explained: float

    @property
    def ratio(self) -> float:
        """What was found over what is explained; about 1 or less where what was told is right."""
        return self.found / self.explained

    @property
    def is_worth_a_warning(self) -> bool:
        """Whether the ratio exceeds :data:`LIMIT`."""
        return self.ratio > LIMIT


@torch.no_grad()
def measure_misfit(observation: Observation, restored: torch.Tensor) -> Misfit:
    """Compare a restored source with its observation.

    A blur that is told to be wider than it was shows: no picture gives the file's sharp edges when it is blurred so
    much. One that is told to be narrower does not show.

    Args:
        observation: Of one source, B = 1.
        restored: (1, 1, H, W) what a model made of it.

    Returns:
        The misfit in the middle of the picture.
    """
    A = observation.A
    window = Window.whole(A.image_shape) if A.reach is None else middle(A.image_shape, LARGEST, A.stride)
    margin = 0
    if window.shape != tuple(A.image_shape):
        observation, margin = observation.window(window), -(-A.reach // A.stride)  # where the cut is felt
    gap = observation.A.forward(window.cut(restored).to(observation.y)) - observation.y
    if min(gap.shape[-2:]) > 2 * margin > 0:
        gap = gap[..., margin:-margin, margin:-margin]
    noise = float(observation.sigma.square().mean())
    return Misfit(float(gap.square().mean().sqrt()), (noise + _LEVEL**2) ** 0.5)


def doubted(entries: Mapping[str, dict[str, Any]], inputs: Mapping[str, Observation],
            restored: Mapping[str, torch.Tensor]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Add to what a report says of each source how well it fits, and return warnings where it does not.

    Args:
        entries: Modality to the entry of the report, with ``source`` and ``text``.
        inputs: Modality to observation, B = 1.
        restored: Modality to the restored luminance (1, H, W).

    Returns:
        New entries with ``misfit``, the ratio of :class:`Misfit`, and a text for each source whose ratio is too high.
    """
    fits = {name: measure_misfit(observation, restored[name][None]) for name, observation in inputs.items()}
    texts = [f'{entries[name]["source"]} does not look as if it was degraded by {entries[name]["text"]}: done to the '
             f'restored picture, that misses it by {255 * fit.found:.1f} of 255 levels, of which noise explains '
             f'{255 * fit.explained:.1f}' for name, fit in fits.items() if fit.is_worth_a_warning]
    return {name: dict(entry, misfit=fits[name].ratio) for name, entry in entries.items()}, texts
