"""Fixtures of the models: a small network, observations, and the release's weights filled by rule."""

import json
import zlib

import numpy as np
import pytest
import torch

from drfuse.degradations import Identity, Observation
from drfuse.models import DualDecoderUNet
from drfuse.utils.seed import keyed_generator

SMALL = dict(base_channels=16, channel_multipliers=(1, 2), blocks_per_level=1, dropout=0.0, norm_groups=4,
             time_channels=16)


@pytest.fixture
def small_config():
    return dict(SMALL)


@pytest.fixture
def make_unet():
    """Build a small network with fixed weights."""
    def make(**overrides):
        network = DualDecoderUNet(**{**SMALL, **overrides})
        generator = keyed_generator('unet')
        with torch.no_grad():
            for p in network.parameters():
                if p.ndim > 1 and p.any():
                    p.copy_(torch.randn(p.shape, generator=generator) / p[0].numel() ** 0.5)
        return network
    return make


@pytest.fixture
def make_observation():
    """Build an observation of a random image through A = I."""
    def make(name, batch=1, size=(16, 20)):
        y = torch.rand((batch, 1, *size), generator=keyed_generator('observation', name))
        return Observation(y, Identity().bind({}, size), torch.full((batch, 1, 1, 1), 0.05))
    return make


def fill(name, shape):
    """Fill one parameter by the rule of official_parity/README.md."""
    z = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(int(np.prod(shape))).reshape(shape)
    if len(shape) >= 2:
        z = z / np.sqrt(np.prod(shape[1:]))
    elif name == 'alpha':
        z = 0.5 + 0.1 * np.tanh(z)
    elif name.endswith('weight'):
        z = 1 + 0.1 * z
    else:
        z = 0.1 * z
    return torch.from_numpy(z.astype(np.float32))


@pytest.fixture(scope='session')
def official_shapes(shared_dir):
    """Names and shapes of the release's state dict."""
    return json.loads((shared_dir / 'official_parity' / 'state_dict_shapes.json').read_text())


@pytest.fixture(scope='session')
def official_network(official_shapes):
    """The release's state dict at T = 3."""
    return {name: fill(name, shape) for name, shape in official_shapes.items()}


@pytest.fixture(scope='session')
def official_state(official_network):
    """The release's state dict for any T."""
    return lambda steps: {**official_network, 'alpha': fill('alpha', [steps])}
