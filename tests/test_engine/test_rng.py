import io
import random

import numpy as np
import torch

from drfuse.engine.rng import get_rng_state, preserved_rng, set_rng_state


def draw():
    return random.random(), random.gauss(0, 1), np.random.rand(), np.random.randn(), torch.randn(3).tolist()  # noqa: NPY002


def test_state_survives_a_safe_file():
    draw()  # leaves a cached second Gaussian in Python and NumPy
    file = io.BytesIO()
    torch.save(get_rng_state(), file)
    expected = [draw(), draw()]
    file.seek(0)
    set_rng_state(torch.load(file, weights_only=True))
    assert [draw(), draw()] == expected


def test_preserved_rng_undoes_draws_also_after_an_error():
    state = get_rng_state()
    expected = draw()
    set_rng_state(state)
    try:
        with preserved_rng():
            draw()
            raise RuntimeError
    except RuntimeError:
        pass
    assert draw() == expected
