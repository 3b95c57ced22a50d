"""A fusion result with labels."""

import pytest
import torch

from drfuse.diffusion.output import FusionOutput
from drfuse.utils.seed import keyed_generator


@pytest.fixture
def make_case():
    """Return a random result (leaf tensors that want gradients) and its labels."""
    def make(num_sources=2):
        generator = keyed_generator('losses', num_sources)
        images = torch.rand((2 * num_sources + 1, 2, 1, 13, 17), generator=generator)
        sources = tuple(x.clone().requires_grad_() for x in images[:num_sources])
        targets = list(images[num_sources:-1])
        weights = torch.rand((2, num_sources, 13, 17), generator=generator).softmax(1)
        return FusionOutput(sources, images[-1].clone().requires_grad_(), weights), targets
    return make
