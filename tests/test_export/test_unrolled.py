"""The unrolled process is the sampler's."""

import pytest
import torch

from drfuse.export.adapter import graph_inputs
from drfuse.export.unrolled import UnrolledFusion
from drfuse.utils.config import UserError

from .support import PAIRS, build, observe


def unrolled(model, inputs):
    with torch.no_grad():
        return UnrolledFusion(model)(**{k: torch.from_numpy(v) for k, v in graph_inputs(inputs).items()})


@pytest.mark.parametrize('name', PAIRS)
@pytest.mark.parametrize('options', [dict(num_steps=2), dict(num_steps=1, error_std=None, noise_floor=0.0),
                                     dict(num_steps=2, x0_range=None), dict(num_steps=3, stepwise=True)])
def test_equals_the_sampler(name, options):
    model, inputs = build(**options), observe(name)
    expected = model(inputs, mode='tensor')
    for ours, theirs in zip(unrolled(model, inputs), (expected.fused, *expected.sources, expected.weights[:, :1]),
                            strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)


@pytest.mark.parametrize(('options', 'message'), [
    (dict(fused_update='joint'), 'fused_update consistent can be exported, this one has joint'),
    (dict(projection='exact', fused_update='joint'), 'sampler.projection paper'),
    (dict(init='observation'), 'sampler.init pinv'),
    (dict(correction_scale=dict(type='ConstantScale')), 'correction_scale LearnedScale .* has ConstantScale')])
def test_refuses_other_samplers(options, message):
    with pytest.raises(UserError, match=message):
        UnrolledFusion(build(**options))


def test_refuses_other_networks():
    model = build()
    model.backbone = torch.nn.Identity()
    with pytest.raises(UserError, match='one or one a step, can be exported, this one has Identity'):
        UnrolledFusion(model)
