"""Convolutions that also rectify or add, in one pass over the image where oneDNN does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F


class FusedConv(NamedTuple):
    """A convolution for inference.

    Attributes:
        weight: (out, in / groups, kh, kw), channels last.
        bias: (out,).
        stride: Of both directions.
        padding: Of both directions.
        groups: Of channels.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    stride: int = 1
    padding: int = 0
    groups: int = 1

    @classmethod
    def of(cls, layer: nn.Conv2d, dtype: torch.dtype, weight: torch.Tensor | None = None,
           bias: torch.Tensor | None = None) -> FusedConv:
        """Return a layer in one precision, with a weight and bias of its own or other ones."""
        weight, bias = (own if own is not None else given for own, given in
                        ((weight, layer.weight), (bias, layer.bias)))
        weight = weight.detach().to(dtype, memory_format=torch.channels_last, copy=True)
        return cls(weight, bias.detach().to(dtype, copy=True), layer.stride[0], layer.padding[0], layer.groups)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return the convolution of x."""
        return self._fused(x, 'none') if has_fused(x) else \
            F.conv2d(x, self.weight, self.bias, self.stride, self.padding, groups=self.groups)

    def relu(self, x: torch.Tensor) -> torch.Tensor:
        """Return the rectified convolution of x."""
        return self._fused(x, 'relu') if has_fused(x) else F.relu_(self(x))

    def clipped(self, x: torch.Tensor, limit: float) -> torch.Tensor:
        """Return the convolution of x, clipped to +- ``limit``."""
        return self._fused(x, 'hardtanh', (-limit, limit)) if has_fused(x) else self(x).clamp_(-limit, limit)

    def add_to(self, total: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Add the convolution of x to ``total``, which may be overwritten."""
        if not has_fused(x):
            return total.add_(self(x))
        return torch.ops.mkldnn._convolution_pointwise_.binary(
            total, x, self.weight, self.bias, [self.padding] * 2, [self.stride] * 2, [1, 1], self.groups, 'add',
            None, None, [], None)

    def _fused(self, x: torch.Tensor, after: str, numbers: Sequence[float] = ()) -> torch.Tensor:
        return torch.ops.mkldnn._convolution_pointwise(
            x, self.weight, self.bias, [self.padding] * 2, [self.stride] * 2, [1, 1], self.groups, after,
            list(numbers), '')


def has_fused(x: torch.Tensor) -> bool:
    """Whether oneDNN's fused convolutions, which TorchInductor uses, are there for an image."""
    return (x.device.type == 'cpu' and torch.backends.mkldnn.is_available()
            and hasattr(torch.ops.mkldnn, '_convolution_pointwise_') and not torch.compiler.is_compiling())
