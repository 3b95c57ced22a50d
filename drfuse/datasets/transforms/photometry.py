"""Photometric augmentation of clean images, before they are degraded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmcv.transforms import BaseTransform

from drfuse.datasets.sample_rng import step_streams
from drfuse.registry import TRANSFORMS
from drfuse.utils.seed import checked_range, uniform
from drfuse.utils.typing import Range


@TRANSFORMS.register_module()
class RandomTone(BaseTransform):
    """Change brightness and contrast of each modality on its own: gain * x^gamma, perhaps inverted.

    With ``invert`` and a wide ``gamma`` one of two equal images becomes a stand-in for another modality, so that
    single images can train restoration. Changed keys: ``images``.

    Args:
        gain: Factor, or (low, high); results are clipped to [0, 1].
        gamma: Exponent, or (low, high).
        invert: Probability of 1 - x, before the exponent.
        prob: Probability of any change.
        modalities: Names; None = all.

    Raises:
        ValueError: If a range or probability does not fit.
    """

    def __init__(self, gain: Range = 1.0, gamma: Range = 1.0, invert: float = 0.0, prob: float = 1.0,
                 modalities: Sequence[str] | None = None) -> None:
        self.gain = checked_range(gain, 'RandomTone gain')
        self.gamma = checked_range(gamma, 'RandomTone gamma', 0.05)
        for name, value in (('invert', invert), ('prob', prob)):
            if not 0 <= value <= 1:
                raise ValueError(f'RandomTone {name} is a probability in [0, 1], got {value}')
        self.invert, self.prob = invert, prob
        self.modalities = None if modalities is None else tuple(modalities)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change the images."""
        names = results['modalities'] if self.modalities is None else self.modalities
        changed = {}
        for name in names:
            kind = f'tone.{name}'  # two steps for different modalities share no draws
            changed[name] = self._tone(results['images'][name], step_streams(results, kind).sample(kind))
        results['images'] = {**results['images'], **changed}
        return results

    def _tone(self, image: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        chance, inverted = torch.rand(2, generator=generator)
        gain, gamma = uniform(self.gain, generator), uniform(self.gamma, generator)
        if chance >= self.prob:
            return image
        image = 1 - image if inverted < self.invert else image
        return (float(gain) * image.clamp(0, 1).pow(float(gamma))).clamp(0, 1)

    def __repr__(self) -> str:
        return (f'RandomTone(gain={self.gain}, gamma={self.gamma}, invert={self.invert}, prob={self.prob}, '
                f'modalities={self.modalities})')
