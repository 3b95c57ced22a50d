import torch
from torch import nn

from drfuse.engine.optim_wrapper import BF16OptimWrapper


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
