"""What a measurement ran on."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path
from typing import Any

import torch

from drfuse.apis.precision import has_bfloat16_instructions
from drfuse.version import __version__

_CPUINFO, _MEMINFO = Path('/proc/cpuinfo'), Path('/proc/meminfo')


def describe_machine() -> dict[str, Any]:
    """Return processor, cores that may be used, threads of PyTorch, memory in GiB, versions and date (UTC)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()
    return dict(processor=_line(_CPUINFO, 'model name') or platform.processor(), cores=cores,
                threads=torch.get_num_threads(), bfloat16_instructions=has_bfloat16_instructions(),
                memory_gib=round(int((_line(_MEMINFO, 'MemTotal') or '0').split()[0]) / 2**20, 1),
                system=f'{platform.system()} {platform.machine()}', python=platform.python_version(),
                torch=torch.__version__, drfuse=__version__,
                date=datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M UTC'))


def _line(file: Path, name: str) -> str | None:
    """Return what stands behind a name in a file of the system, None if it is not there."""
    try:
        text = file.read_text(encoding='ascii', errors='replace')
    except OSError:
        return None
    return next((line.split(':', 1)[1].strip() for line in text.splitlines() if line.startswith(name)), None)
