"""What the machine can do at most, and which part of it the networks reach."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

from drfuse.benchmark.measures import Bench
from drfuse.benchmark.pipelines import costs, step_of
from drfuse.benchmark.timing import alternate

_SIDE = 2048
_DTYPES = dict(float32=torch.float32, bfloat16=torch.bfloat16)
_COPIED = 1 << 28


@torch.no_grad()
def roofline(bench: Bench) -> dict[str, Any]:
    """Return the best GFLOP/s of matrix products and convolutions, GB/s of copying, and what the networks reach.

    Products are of two square matrices of side 2048; convolutions 3 x 3, 256 channels at 96 x 128, channels last. A
    multiplication and an addition count as two FLOP, a copy as reading and writing.
    """
    peaks: dict[str, Any] = {}
    for name, dtype in _DTYPES.items():
        a, b = (torch.rand(_SIDE, _SIDE).to(dtype) for _ in range(2))
        image = torch.rand(1, 256, 96, 128).to(dtype, memory_format=torch.channels_last)
        weight = torch.rand(256, 256, 3, 3).to(dtype, memory_format=torch.channels_last)
        gemm, conv = 2 * _SIDE**3, 2 * 9 * 256 * 256 * 96 * 128
        peaks[name] = dict(gemm=_rate(lambda a=a, b=b: a @ b, gemm, bench.plan.repeats),
                           conv=_rate(lambda i=image, w=weight: F.conv2d(i, w, padding=1), conv, bench.plan.repeats))
    source, target = torch.rand(_COPIED // 4), torch.empty(_COPIED // 4)
    copied = _rate(lambda: target.copy_(source), 2 * _COPIED, bench.plan.repeats)
    return dict(peaks=peaks, copy_gb_s=copied, networks=_reached(bench, peaks))


def _rate(run: Any, work: float, repeats: int) -> float:
    """Return work a second in units of 1e9, of the fastest run."""
    return work / min(alternate(dict(run=run), repeats, 2)['run']) / 1e9


def _reached(bench: Bench, peaks: dict[str, Any]) -> dict[str, Any]:
    """Return GFLOP/s of each network's fast form, and the share of the convolution's peak in that precision."""
    rows = {}
    for kind, trained, size in (('light', bench.trained, bench.plan.size), ('paper', bench.paper, bench.plan.small)):
        work = costs(trained, size)['gflop_per_step']
        seconds = bench.medians({name: step_of(trained.for_inference(d), size) for name, d in _DTYPES.items()})
        rows.update({f'{kind} {name}': dict(gflop_s=work / s, share=work / s / peaks[name]['conv'])
                     for name, s in seconds.items()})
    return rows
