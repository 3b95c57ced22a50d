"""Real Fourier transforms by matrix products: convolutions that are written into a graph for images of any size.

Runtimes have no fast transform for any size, or none with dynamic sizes. Here the matrices are made from the size,
inside the graph, and the products run at the speed of a convolution. Splitting an image into its parts that are even
and odd about its centre halves them: cosines see the even part alone, sines the odd one.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from drfuse.degradations.convolution import fast_shape
from drfuse.degradations.pinv_solvers.fourier import PERIOD_KERNELS, close_period

LARGEST_SIDE = 8192
"""Largest side of an image, in pixels."""


def fast_lengths(axis: int, largest: int = 2 * LARGEST_SIDE) -> torch.Tensor:
    """Return the lengths that :func:`~drfuse.degradations.convolution.fast_shape` gives, ascending, int64.

    Args:
        axis: 0 of rows, 1 of columns.
        largest: They end with the first that is not below it.
    """
    lengths = [0]
    while lengths[-1] < largest:
        lengths.append(fast_shape((lengths[-1] + 1,) * 2)[axis])
    return torch.tensor(lengths[1:])


class Axis(NamedTuple):
    """Transforms along one axis of n pixels for a kernel, folded about the centre of the image.

    The period P is that of :class:`~drfuse.degradations.pinv_solvers.fourier.WienerPinv`; F = P // 2 + 1.

    Attributes:
        analysis: (2, F, ceil(n / 2)) from even and odd part of an image, closed to a period, to its cosine and sine
            coefficients.
        plain: The same for an image with nothing around it.
        synthesis: (2, ceil(n / 2), F) from coefficients to even and odd part.
        kernel: (2, F, k) cosine and sine sums of a kernel; None once it has been transformed.
    """

    analysis: torch.Tensor
    plain: torch.Tensor
    synthesis: torch.Tensor
    kernel: torch.Tensor | None = None


def make_axis(size: int, taps: int, lengths: torch.Tensor) -> Axis:
    """Return the transforms of an axis.

    Args:
        size: n, pixels of the image.
        taps: k, of the kernel.
        lengths: Of :func:`fast_lengths` for this axis.
    """
    period = lengths[(lengths < size + PERIOD_KERNELS * taps).sum()].item()
    torch._check(period >= size + PERIOD_KERNELS * taps)
    half, count = (size + 1) // 2, period // 2 + 1
    k = torch.arange(count)
    # the middle of an odd number of pixels is its own mirror image, and would be counted twice
    once = torch.where(2 * torch.arange(half) == size - 1, 0.5, 1.0)
    closing = close_period(torch.eye(size)[None, None], (period, size))[0, 0, :, :half] * once
    basis = _waves(k, 2 * torch.arange(period) - (size - 1), period)
    weight = torch.where((k == 0) | (2 * k == period), 1.0, 2.0) / period
    inside = basis[..., :half]
    return Axis(basis @ closing, inside * once, (inside * weight[:, None]).mT.contiguous(),
                _waves(k, 2 * (torch.arange(taps) - taps // 2), period))


def _waves(k: torch.Tensor, position: torch.Tensor, period: int) -> torch.Tensor:
    """Return cosines and sines (2, F, n) of k turns a period at positions in half pixels."""
    # as integers: a large angle would lose its last digits
    turns = (k[:, None] * position) % torch.full_like(position[:1], 2 * period)
    angle = turns.float() * (torch.pi / period)
    return torch.stack((angle.cos(), angle.sin()))


def fold(image: torch.Tensor) -> torch.Tensor:
    """Return the parts (2, 2, ceil(H / 2), ceil(W / 2)) of (H, W), twice the image's: row parity, column parity."""
    for dim in (-2, -1):
        half, flipped = (image.shape[dim] + 1) // 2, image.flip(dim)
        first, last = image.narrow(dim, 0, half), flipped.narrow(dim, 0, half)
        image = torch.stack((first + last, first - last), 0 if dim == -2 else 1)  # noqa: PLR2004
    return image


def unfold(parts: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
    """Return the image (H, W) whose even and odd parts these are."""
    for dim, size in ((-1, shape[1]), (-2, shape[0])):
        even, odd = parts.unbind(1 if dim == -1 else 0)
        mirrored = (even - odd).narrow(dim, 0, size // 2).flip(dim)
        parts = torch.cat((even + odd, mirrored), dim)
    return parts


def transfer(rows: Axis, columns: Axis, kernel: torch.Tensor) -> torch.Tensor:
    """Return the sums (2, 2, F, G) of a kernel (kh, kw) with cosines or sines along rows and along columns."""
    return rows.kernel[:, None] @ kernel @ columns.kernel.mT


def wiener(transfer: torch.Tensor, gamma: torch.Tensor) -> torch.Tensor:
    """Return conj(H) / (|H|^2 + gamma) in the form of :func:`transfer`.

    H takes the values (cc - ss) - i (sc + cs) and (cc + ss) - i (sc - cs) at the frequencies (k, l) and (k, -l).
    """
    (cc, cs), (sc, ss) = (row.unbind(0) for row in transfer.unbind(0))
    parts = []
    for real, imaginary in ((cc - ss, sc + cs), (cc + ss, sc - cs)):
        power = real.square() + imaginary.square() + gamma
        parts += [real / power, -imaginary / power]
    real, imaginary, real_turned, imaginary_turned = parts
    return torch.stack((torch.stack((real + real_turned, imaginary - imaginary_turned)),
                        torch.stack((imaginary + imaginary_turned, real_turned - real)))) / 2


def filtered(spectrum: torch.Tensor, transfer: torch.Tensor) -> torch.Tensor:
    """Return the coefficients (2, 2, F, G) of an image after a convolution, by its (2, 2, F, G) of :func:`transfer`."""
    (cc, cs), (sc, ss) = (row.unbind(0) for row in transfer.unbind(0))
    down, across = _quarter_turn(spectrum, 0), _quarter_turn(spectrum, 1)
    return cc * spectrum + sc * down + cs * across + ss * _quarter_turn(across, 0)


def _quarter_turn(spectrum: torch.Tensor, dim: int) -> torch.Tensor:
    """Return (-sine, cosine) coefficients for (cosine, sine) ones along a dimension of two."""
    cosine, sine = spectrum.unbind(dim)
    return torch.stack((-sine, cosine), dim)
