import copy

import pytest
import torch

from drfuse.models import DualDecoderUNet
from drfuse.registry import BACKBONES
from drfuse.testing.backbone_contract import check_backbone
from drfuse.utils.seed import keyed_generator


def state(batch=1, channels=3, size=(16, 24)):
    return torch.rand((batch, channels, *size), generator=keyed_generator('state'))


def test_parameter_count_of_the_paper():
    network = BACKBONES.build(dict(type='DualDecoderUNet'))
    assert sum(p.numel() for p in network.parameters()) == 31_773_116
    assert network.size_divisibility == 8
    assert network.receptive_field is None


@pytest.mark.parametrize('num_sources', [2, 3])
def test_contract(make_unet, num_sources):
    check_backbone(make_unet(num_sources=num_sources))


@pytest.mark.parametrize('multipliers', [(1, 1), (1, 2, 2), (2, 1, 1, 2)])
def test_levels(make_unet, multipliers):
    network = make_unet(channel_multipliers=multipliers)
    assert network.size_divisibility == 2 ** (len(multipliers) - 1)
    eps, logits, _ = network(state(size=(19, 33)), torch.tensor([1]))
    assert eps.shape == (1, 3, 19, 33)
    assert logits.shape == (1, 2, 19, 33)


def test_softmax_of_two_logits_is_the_sigmoid_of_the_head(make_unet):
    network = make_unet().eval()
    heads = []
    network.weight_decoder.register_forward_hook(lambda *args: heads.append(args[-1]))
    logits = network(state(), torch.tensor([1])).weight_logits
    assert heads[0].shape[1] == 1
    assert not logits[:, 1].any()
    torch.testing.assert_close(logits.softmax(1)[:, :1], heads[0].sigmoid())


def test_three_sources_have_three_free_logits(make_unet):
    logits = make_unet(num_sources=3)(state(channels=4), torch.tensor([1])).weight_logits
    assert logits.abs().amax((0, 2, 3)).min() > 1e-3


def test_zero_init_eps(make_unet):
    t = torch.tensor([2])
    assert not make_unet()(state(), t).eps.any()
    assert make_unet(zero_init_eps=False)(state(), t).eps.abs().max() > 1e-3
    assert make_unet()(state(), t).weight_logits.abs().max() > 1e-3


def test_step_index_matters(make_unet):
    network = make_unet(zero_init_eps=False).eval()
    first, second = (network(state(), torch.tensor([t])).eps for t in (1, 2))
    assert (first - second).abs().max() > 1e-3


def test_dropout_acts_in_training_only(make_unet):
    network = make_unet(zero_init_eps=False, dropout=0.5)
    x, t = state(), torch.tensor([1])
    assert (network(x, t).eps - network(x, t).eps).abs().max() > 1e-4
    network.eval()
    assert torch.equal(network(x, t).eps, network(x, t).eps)


def test_activation_checkpointing_changes_nothing_but_memory(make_unet):
    plain = make_unet(zero_init_eps=False)
    saving = make_unet(zero_init_eps=False, checkpoint_activations=True)
    saving.load_state_dict(plain.state_dict())
    saved = []
    for network in (plain, saving):
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(lambda x, s=sizes: s.append(x.numel()) or x, lambda x: x):
            output = network(state(), torch.tensor([1]))
        saved.append(sum(sizes))
        (output.eps.square().sum() + output.weight_logits.square().sum()).backward()
    for (name, a), b in zip(plain.named_parameters(), saving.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, msg=name)
    assert saved[1] < 0.7 * saved[0]


def test_output_is_float32_under_autocast(make_unet):
    network = make_unet(zero_init_eps=False).eval()
    exact = network(state(), torch.tensor([1]))
    with torch.autocast('cpu', dtype=torch.bfloat16):
        rough = network(state(), torch.tensor([1]))
    assert rough.eps.dtype == rough.weight_logits.dtype == torch.float32
    torch.testing.assert_close(rough.eps, exact.eps, rtol=0, atol=0.1 * exact.eps.abs().max().item())


def test_two_networks_share_nothing(make_unet):
    network = make_unet(zero_init_eps=False).eval()
    twin = copy.deepcopy(network)
    before = network(state(), torch.tensor([1])).eps
    with torch.no_grad():
        twin.stem.weight.zero_()
    assert torch.equal(network(state(), torch.tensor([1])).eps, before)


@pytest.mark.parametrize(('arguments', 'message'), [
    (dict(num_sources=1), 'num_sources >= 2, got 1'),
    (dict(channel_multipliers=(1,)), r'at least 2 levels of positive width, got widths \(64,\)'),
    (dict(base_channels=0), 'positive width'),
    (dict(blocks_per_level=0), 'blocks_per_level >= 1, got 0'),
    (dict(dropout=1.0), 'dropout < 1, got 1.0'),
    (dict(base_channels=16), r'norm_groups to divide every width \(16, 32, 64, 128\), got 32'),
    (dict(time_channels=12), 'multiple of 8, got 12'),
    (dict(attention_reduction=0), 'attention_reduction >= 1, got 0'),
])
def test_arguments_are_checked_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        DualDecoderUNet(**arguments)
    assert '\n' not in str(error.value)
