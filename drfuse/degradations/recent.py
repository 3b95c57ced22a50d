"""Operators that come again: pictures of one size with one degradation, tiles of one picture."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import replace

import torch

from drfuse.degradations.bound_operator import BoundOperator
from drfuse.degradations.degradation import Observation

_LARGEST = 1 << 21
_MOST_VALUES = 4096


class RecentOperators:
    """Lets equal operators share what they keep: kernels, transfer functions, noise gain.

    Args:
        number: How many different operators are remembered. Those of images of more than 2^21 pixels are not, nor those
            with more than 4096 parameter values, such as masks: what they keep is large.
    """

    def __init__(self, number: int = 4) -> None:
        self.number = number
        self._known: OrderedDict[Hashable, BoundOperator] = OrderedDict()

    def __call__(self, inputs: Mapping[str, Observation]) -> dict[str, Observation]:
        """Return observations whose operators are the remembered ones where they are equal."""
        return {name: replace(o, A=self._shared(o.A)) for name, o in inputs.items()}

    def _shared(self, A: BoundOperator) -> BoundOperator:
        tensors = {**A.params, 'noise_std': A.noise_std, 'noise_gain': A.noise_gain}
        values = sum(t.numel() for t in tensors.values() if t is not None)
        if math.prod(A.image_shape) > _LARGEST or values > _MOST_VALUES:
            return A
        key = repr(A.operator), tuple(A.image_shape), *((name, _bits(t)) for name, t in tensors.items())
        A = self._known.setdefault(key, A)
        self._known.move_to_end(key)
        if len(self._known) > self.number:
            self._known.popitem(last=False)
        return A


def _bits(tensor: torch.Tensor | None) -> Hashable:
    if tensor is None:
        return None
    return tuple(tensor.shape), tensor.dtype, tensor.device, tuple(tensor.flatten().tolist())
