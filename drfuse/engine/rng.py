"""The states of the global random generators, as plain values."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


def get_rng_state() -> dict[str, Any]:
    """Return the states of Python's, NumPy's, torch's and (if used) CUDA's global generators.

    Only tensors and plain values, so that a checkpoint can hold them.
    """
    version, internal, gauss = random.getstate()
    name, keys, position, has_gauss, cached = np.random.get_state()  # noqa: NPY002 - third-party code may draw from it
    state = dict(
        python=dict(version=version, internal=torch.tensor(internal, dtype=torch.int64), gauss=gauss),
        numpy=dict(name=str(name), keys=torch.from_numpy(keys.astype(np.int64)), position=int(position),
                   has_gauss=int(has_gauss), cached=float(cached)),
        torch=torch.get_rng_state())
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        state['cuda'] = torch.cuda.get_rng_state()
    return state


def set_rng_state(state: dict[str, Any]) -> None:
    """Restore what :func:`get_rng_state` returned, exactly."""
    python, numpy = state['python'], state['numpy']
    random.setstate((python['version'], tuple(python['internal'].tolist()), python['gauss']))
    np.random.set_state((numpy['name'], numpy['keys'].numpy().astype(np.uint32), numpy['position'],  # noqa: NPY002
                         numpy['has_gauss'], numpy['cached']))
    torch.set_rng_state(state['torch'].cpu())
    if 'cuda' in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state['cuda'].cpu())


@contextmanager
def preserved_rng() -> Iterator[dict[str, Any]]:
    """Undo every global draw made inside; yields the state at the start."""
    state = get_rng_state()
    try:
        yield state
    finally:
        set_rng_state(state)
