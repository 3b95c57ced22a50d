import pytest
import torch

from drfuse.models import DualDecoderUNet
from drfuse.models.official_weights import (
    DROPPED_NAMES,
    alpha_to_raw,
    convert_official_state_dict,
    official_name_map,
)


def test_every_name_of_the_release_is_mapped_or_dropped(official_shapes):
    names = official_name_map()
    assert len(official_shapes) == 361
    assert set(official_shapes) == {*names, 'alpha', *DROPPED_NAMES}
    assert len(set(names.values())) == len(names)


def test_every_parameter_of_ours_is_filled_with_the_right_shape(official_shapes):
    with torch.device('meta'):
        ours = {f'backbone.{k}': list(v.shape) for k, v in DualDecoderUNet().state_dict().items()}
    assert ours == {mine: official_shapes[theirs] for theirs, mine in official_name_map().items()}


def test_conversion(official_state):
    state = official_state(3)
    result = convert_official_state_dict(state)
    assert result.dropped == DROPPED_NAMES
    assert result.num_steps == 3
    torch.testing.assert_close(result.state_dict['sampler.schedule.raw'].sigmoid(), state['alpha'])
    stem = result.state_dict['backbone.stem.weight']
    assert torch.equal(stem, state['unet.inBlock.weight'])
    assert stem.data_ptr() != state['unet.inBlock.weight'].data_ptr()


def test_raw_alpha():
    alpha = torch.tensor([0.5, 0.01, 0.999])
    raw = alpha_to_raw(alpha)
    assert raw[0] == 0
    torch.testing.assert_close(raw.double().sigmoid(), alpha.double(), rtol=0, atol=1e-7)


@pytest.mark.parametrize(('alpha', 'message'), [
    ([0.5, 1.2], 'alpha must lie in .0, 1., got 1.2 at t = 2'),
    ([0.0], 'got 0 at t = 1'),
    ([0.5, -0.1], 'got -0.1 at t = 2'),
    ([float('nan')], 'got nan at t = 1'),
    ([], r'a vector of T >= 1 numbers, got shape \(0,\)'),
    ([[0.5]], r'got shape \(1, 1\)'),
])
def test_alpha_outside_its_range(alpha, message):
    with pytest.raises(ValueError, match=message):
        alpha_to_raw(torch.tensor(alpha))


def test_missing_and_unknown_names(official_state):
    state = official_state(2)
    with pytest.raises(ValueError, match="has unknown 1 names, such as 'unet.extra'"):
        convert_official_state_dict({**state, 'unet.extra': torch.zeros(1)})
    del state['unet.inBlock.bias'], state['merge_scale_factor']
    with pytest.raises(ValueError, match="lacks 1 names, such as 'unet.inBlock.bias'"):
        convert_official_state_dict(state)
