"""In what precision a network runs, and the form in which it runs fastest."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch
from torch import nn

from drfuse.utils.config import UserError

PRECISIONS = ('auto', 'float32', 'bfloat16')
_CPUINFO = Path('/proc/cpuinfo')
_FLAGS = {'avx512_bf16', 'amx_bf16', 'bf16'}
"""How Linux names bfloat16 instructions of x86 and Arm processors."""


def choose_precision(precision: str, keeps_bfloat16: bool, device: torch.device) -> str:
    """Return ``'float32'`` or ``'bfloat16'``.

    ``'auto'`` is bfloat16 on a CUDA device that has it, and on a CPU with instructions for it if the model keeps its
    accuracy: measured, no pixel of a result moves by more than 2 of 255 levels and 99.9 % by at most 1. Where
    ``tools/analysis_tools/measure_precision.py`` finds that (exit code 0), a person may add ``Bfloat16: true`` to the
    model's entry in ``metafile.yml``; no program does.

    Raises:
        UserError: If the precision is unknown.
    """
    if precision not in PRECISIONS:
        raise UserError(f'precision must be one of {", ".join(PRECISIONS)}, got {precision!r}')
    if precision != 'auto':
        return precision
    if device.type == 'cuda':
        fast = torch.cuda.is_bf16_supported()
    else:
        fast = device.type == 'cpu' and keeps_bfloat16 and has_bfloat16_instructions()
    return 'bfloat16' if fast else 'float32'


@lru_cache(maxsize=1)
def has_bfloat16_instructions() -> bool:
    """Whether the processor multiplies in bfloat16: without that, it is slower than float32.

    Where the operating system does not list the processor's features, the answer is no.
    """
    try:
        text = _CPUINFO.read_text(encoding='ascii', errors='replace')
    except OSError:
        return False
    lines = (line for line in text.splitlines() if line.startswith(('flags', 'Features')))
    return bool(_FLAGS & set(next(lines, '').split()))


def accelerate(model: nn.Module, precision: str) -> bool:
    """Replace a model's network by one that predicts the same faster, if it has one.

    Args:
        model: In evaluation mode; changed.
        precision: ``'float32'`` or ``'bfloat16'``.

    Returns:
        Whether the network now works in that precision by itself; else it needs autocast.
    """
    backbone = getattr(model, 'backbone', None)
    if not hasattr(backbone, 'for_inference'):
        return False
    faster = backbone.for_inference(torch.bfloat16 if precision == 'bfloat16' else torch.float32)
    model.backbone = faster.eval()
    return faster is not backbone
