"""Digit for digit agreement with the authors' release, see shared/official_parity/README.md."""

import numpy as np
import pytest
import torch

from drfuse.degradations import Identity, Observation
from drfuse.models import DualDecoderUNet
from drfuse.models.official_weights import convert_official_state_dict
from drfuse.registry import SAMPLERS

CASES = [('noise_T3_64x48', 3), ('noise_T2_40x32', 2)]


@pytest.fixture(scope='module')
def unet():
    return DualDecoderUNet().eval()


def load(unet, official_state, shared_dir, name, steps):
    converted = convert_official_state_dict(official_state(steps)).state_dict
    unet.load_state_dict({k.removeprefix('backbone.'): v for k, v in converted.items() if k.startswith('backbone.')})
    with np.load(shared_dir / 'official_parity' / f'{name}.npz') as file:
        return converted, {k: torch.from_numpy(file[k]) for k in file.files}


@pytest.mark.parametrize(('name', 'steps'), CASES)
def test_network(unet, official_state, shared_dir, name, steps):
    _, data = load(unet, official_state, shared_dir, name, steps)
    y1, y2 = data['y1'], data['y2']
    with torch.no_grad():
        eps, logits = unet(torch.cat((y1, y2, (y1 + y2) / 2), 1), torch.tensor([2]))
    torch.testing.assert_close(eps, data['unet_t2_eps'], rtol=0, atol=2e-5)
    torch.testing.assert_close(logits.softmax(1)[:, :1], data['unet_t2_mask'], rtol=0, atol=2e-5)


@pytest.mark.parametrize(('name', 'steps'), CASES)
def test_all_steps(unet, official_state, shared_dir, name, steps):
    converted, data = load(unet, official_state, shared_dir, name, steps)
    sampler = SAMPLERS.build(dict(
        type='FusionDDIMSampler', num_steps=steps, schedule=dict(type='AlphaSchedule', mode='learned'),
        correction_scale=dict(type='DDNMPlusScale', sigma_y=0.03, use_gain=False), fused_update='sequential',
        init='observation')).eval()
    sampler.load_state_dict({k.removeprefix('sampler.'): v for k, v in converted.items() if k.startswith('sampler.')})
    observations = [Observation(y, Identity().bind({}, y.shape[-2:]), torch.full((1, 1, 1, 1), 0.03))
                    for y in (data['y1'], data['y2'])]
    with torch.no_grad():
        output = sampler(unet, observations)
    result = torch.cat((*output.sources, output.fused), 1)
    # 2e-4 is asked for; the release's fused update is told from the other candidates at 5e-5 (they are off by
    # 6e-5 to 1.8e-4)
    torch.testing.assert_close(result, data['output'], rtol=0, atol=5e-5)
