import pytest
import torch
from mmengine.optim import OptimWrapper
from torch import nn

from drfuse.engine.optim_wrapper import BF16OptimWrapper, FusionOptimWrapper
from drfuse.utils.config import UserError


def test_forward_runs_in_bfloat16_and_weights_stay_float32():
    model = nn.Linear(4, 1)
    wrapper = BF16OptimWrapper(optimizer=torch.optim.SGD(model.parameters(), lr=0.1))
    before = model.weight.detach().clone()
    with wrapper.optim_context(model):
        out = model(torch.ones(2, 4))
        assert out.dtype == torch.bfloat16
    wrapper.update_params(out.float().square().mean())
    assert model.weight.dtype == torch.float32
    assert not torch.equal(model.weight, before)
    assert model(torch.ones(2, 4)).dtype == torch.float32


def wrapped(**options):
    model = nn.Linear(2, 1)
    return model, FusionOptimWrapper(torch.optim.Adam(model.parameters(), lr=0.1), **options)


def update(model, wrapper, factor):
    wrapper.update_params(factor * model(torch.ones(1, 2)).sum())


@pytest.mark.parametrize('factor', [float('nan'), float('inf'), 1e5])
def test_a_bad_gradient_changes_nothing_and_leaves_no_trace(factor):
    model, wrapper = wrapped(skip_norm=100.0, clip_grad=dict(max_norm=1.0))
    before = model.weight.detach().clone()
    update(model, wrapper, factor)
    assert torch.equal(model.weight, before) and wrapper.left_out == 1
    update(model, wrapper, 1.0)
    assert not torch.equal(model.weight, before) and model.weight.isfinite().all()


def test_a_training_with_many_unusable_gradients_ends_in_one_line():
    model, wrapper = wrapped(patience=3)
    for factor in (float('nan'), 1e5, float('nan'), 1.0):  # a finite one is used, however large
        update(model, wrapper, factor)
    with pytest.raises(UserError, match=r'3 of the last 5 gradients .*\(the last nan\); lower optim_wr'):
        update(model, wrapper, float('nan'))


def test_rare_unusable_gradients_do_not_end_a_training():
    model, wrapper = wrapped(patience=3)
    for k in range(40):
        update(model, wrapper, 1.0 if k % 6 else float('nan'))
    assert wrapper.left_out == 7


@pytest.mark.parametrize('options', [dict(skip_norm=0.0), dict(patience=0)])
def test_impossible_options_are_refused(options):
    with pytest.raises(ValueError, match='needs skip_norm > 0 or None and patience >= 1'):
        wrapped(**options)


def test_the_state_holds_the_updates_left_out(tmp_path):
    model, wrapper = wrapped(patience=3)
    for factor in (float('nan'), 1.0, float('nan')):
        update(model, wrapper, factor)
    torch.save(wrapper.state_dict(), tmp_path / 'state.pth')
    state = torch.load(tmp_path / 'state.pth', weights_only=True)
    names = set(state)
    model, resumed = wrapped(patience=3)
    resumed.load_state_dict(state)
    assert set(state) == names and resumed.left_out == 2
    with pytest.raises(UserError, match='3 of the last 4 gradients'):
        update(model, resumed, float('nan'))


@pytest.mark.parametrize(('kind', 'resumed_kind'), [
    (OptimWrapper, FusionOptimWrapper), (OptimWrapper, BF16OptimWrapper), (FusionOptimWrapper, OptimWrapper)])
def test_states_with_and_without_the_count_are_read(kind, resumed_kind):
    model = nn.Linear(2, 1)
    wrapper = kind(torch.optim.Adam(model.parameters(), lr=0.1))
    update(model, wrapper, 1.0)
    resumed = resumed_kind(torch.optim.Adam(model.parameters(), lr=0.1))
    resumed.load_state_dict(wrapper.state_dict())
    assert resumed.optimizer.state_dict()['state'][0]['step'] == 1
    assert getattr(resumed, 'left_out', 0) == 0
