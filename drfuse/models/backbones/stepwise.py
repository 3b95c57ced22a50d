"""A network of its own for every step: as much work at each, several times the parameters to do it with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.registry import BACKBONES


@BACKBONES.register_module()
class StepwiseDenoiser(BaseDenoiser):
    """Asks network t at step t; steps above the last network's ask the last.

    An unrolled reverse process of few steps is a cascade. With one network for all of them, the step's embedding alone
    tells the first look at A^+ y from the last touch; here each stage has weights of its own, and may have a shape of
    its own. Time-conditioned networks fit as well as those that are not told of the step.

    Args:
        networks: Configs of :data:`drfuse.registry.BACKBONES`: that of step 1, which gives the result, first.
        num_sources: M.
        init_cfg: MMEngine initialisation config.

    Shape:
        As of the networks.

    Raises:
        ValueError: If there is no network, or they differ in sources, bands or use of the condition.
    """

    def __init__(self, networks: Sequence[dict], num_sources: int = 2, init_cfg: dict | None = None) -> None:
        super().__init__(num_sources, init_cfg)
        if not networks:
            raise ValueError('StepwiseDenoiser networks needs one config or more, got none')
        self._hold([BACKBONES.build({'num_sources': num_sources, **network}) for network in networks])

    def _hold(self, networks: Sequence[BaseDenoiser]) -> None:
        for name in ('num_sources', 'weight_bands', 'uses_condition'):
            values = [getattr(network, name) for network in networks]
            if len(set(values)) > 1:
                raise ValueError(f'StepwiseDenoiser networks must agree in {name}, got {values}')
        self.networks = nn.ModuleList(networks)
        self.weight_bands, self.uses_condition = networks[0].weight_bands, networks[0].uses_condition  # type: ignore[misc]
        self.size_divisibility = math.lcm(*(network.size_divisibility for network in networks))
        self.bytes_per_pixel = max(network.bytes_per_pixel for network in networks)  # type: ignore[misc]
        fields = [network.receptive_field for network in networks]
        self.receptive_field = None if None in fields else max(fields)  # type: ignore[type-var]

    def at(self, t: int) -> BaseDenoiser:
        """Return the network of step t >= 1."""
        return self.networks[min(t, len(self.networks)) - 1]  # type: ignore[return-value]

    def forward_features(self, x: torch.Tensor, t: torch.Tensor, cond: StepCondition | None) -> DenoiserOutput:
        """Predict, each sample by the network of its step."""
        steps = [int(step) for step in t]
        if len(set(steps)) == 1:
            return self.at(steps[0]).forward_features(x, t, cond)
        samples = [self.at(step).forward_features(x[i:i + 1], t[i:i + 1], cond and cond.sample(i))
                   for i, step in enumerate(steps)]
        eps, logits = (torch.cat(parts) for parts in zip(*(s[:2] for s in samples), strict=True))
        notes = [s.memory for s in samples]
        memory = None if None in notes else tuple(map(torch.cat, zip(*notes, strict=True)))
        return DenoiserOutput(eps, logits, memory)

    def at_step(self, t: int, x: torch.Tensor, cond: StepCondition) -> DenoiserOutput:
        """Predict at a step known beforehand, by networks that were made for inference."""
        return self.at(t).at_step(t, x, cond)

    def for_inference(self, dtype: torch.dtype) -> BaseDenoiser:
        """Return the same of networks made for inference; its attribute ``network`` is this one."""
        faster = StepwiseDenoiser.__new__(StepwiseDenoiser)
        BaseDenoiser.__init__(faster, self.num_sources)
        faster._hold([network.for_inference(dtype) for network in self.networks])  # type: ignore[operator]
        faster.network = self
        return faster
