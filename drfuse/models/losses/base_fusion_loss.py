"""Base of the objectives: named, weighted terms of one fusion result."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import torch
from torch import nn

from drfuse.diffusion.output import FusionOutput

TARGETS = ('clean', 'reconstruction')
"""What a fused image is compared with: clean labels (paper), or the network's restored sources (release)."""

SettingsT = TypeVar('SettingsT')


@dataclass(frozen=True)
class TargetSettings:
    """Choice of the fusion target, part of a preset.

    Attributes:
        target: One of :data:`TARGETS`.
        detach_target: True stops the gradient into reconstructed targets; clean labels have none.
    """

    target: str = 'clean'
    detach_target: bool = False


def resolve_preset(owner: str, presets: Mapping[str, SettingsT], preset: str,
                   overrides: Mapping[str, Any]) -> SettingsT:
    """Return a preset with the settings that the user gave in its place.

    Args:
        owner: Class name for the error message.
        presets: Preset name to frozen settings: the only place where the numbers are written.
        preset: Name of a preset.
        overrides: Setting name to value; None keeps the preset's value.

    Raises:
        ValueError: If the preset is unknown, or a number is negative or a target unknown.
    """
    if preset not in presets:
        raise ValueError(f'{owner} has presets {sorted(presets)}, got {preset!r}')
    settings = replace(presets[preset], **{k: v for k, v in overrides.items() if v is not None})
    for setting in fields(settings):
        value = getattr(settings, setting.name)
        if setting.name == 'target' and value not in TARGETS:
            raise ValueError(f'{owner} needs target to be one of {TARGETS}, got {value!r}')
        if isinstance(value, int | float) and value < 0:
            raise ValueError(f'{owner} needs {setting.name} >= 0, got {value}')
    return settings


class FusionLoss(nn.Module):
    """Base of all objectives.

    A subclass writes :meth:`terms`. Images are float32, (B, 1, H, W), about [0, 1]; M >= 2 sources.
    """

    def forward(self, output: FusionOutput, targets: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return the weighted terms.

        Args:
            output: Restored sources and fused image.
            targets: M clean sources, each (B, 1, H, W) in [0, 1].

        Returns:
            Scalars under names that start with ``loss_``; their sum is the objective.

        Raises:
            ValueError: If number or shapes of the targets do not match the restored sources.
        """
        name = type(self).__name__
        if len(targets) != len(output.sources):
            raise ValueError(f'{name} got {len(targets)} targets for {len(output.sources)} restored sources')
        for i, (source, target) in enumerate(zip(output.sources, targets, strict=True)):
            if source.shape != target.shape:
                raise ValueError(f'{name}: target {i} has shape {tuple(target.shape)}, '
                                 f'the restored source {tuple(source.shape)}')
        return {f'loss_{k}': v for k, v in self.terms(output, targets).items()}

    @abstractmethod
    def terms(self, output: FusionOutput, targets: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return the weighted terms, named without ``loss_``."""


def fusion_targets(settings: TargetSettings, output: FusionOutput,
                   targets: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return what the fused image is compared with."""
    if settings.target == 'clean':
        return list(targets)
    return [s.detach() for s in output.sources] if settings.detach_target else list(output.sources)
