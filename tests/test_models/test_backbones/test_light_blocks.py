import pytest
import torch

from drfuse.models.backbones.light_blocks import BLOCKS, BlockChain, TimeShift, smooth_bands
from drfuse.utils.seed import keyed_generator


def image(size=15):
    return torch.randn(2, 8, size, size, generator=keyed_generator('light', size))


def test_time_shift_starts_as_the_identity_and_learns_scale_and_shift():
    shift, emb = TimeShift(8, 4), torch.ones(2, 4)
    torch.testing.assert_close(shift(image(), emb), image())
    torch.nn.init.constant_(shift.proj.bias[:8], 1.0)
    torch.nn.init.constant_(shift.proj.bias[8:], 0.5)
    torch.testing.assert_close(shift(image(), emb), 2 * image() + 0.5)


def test_every_band_of_every_source_is_averaged_over_its_own_box():
    logits = torch.zeros(1, 4, 9, 9)
    logits[..., 4, 4] = 9.0
    logits[..., 0, 0] = 4.0
    smooth = smooth_bands(logits, (1, 3))
    assert torch.equal(smooth[:, ::2], logits[:, ::2])
    expected = torch.zeros(9, 9)
    expected[3:6, 3:6] = 1.0
    expected[:2, :2] = torch.tensor([[4 / 4, 4 / 6], [4 / 6, 4 / 9]])  # boxes are cut at the borders
    torch.testing.assert_close(smooth[0, 1::2], expected.expand(2, 9, 9))
    assert smooth_bands(logits, ()) is logits


@pytest.mark.parametrize('kind', BLOCKS)
def test_a_block_reaches_as_far_as_it_says(kind):
    torch.manual_seed(0)
    chain = BlockChain(kind, 2, 8, 4)
    x, emb = image().requires_grad_(), torch.ones(2, 4)
    chain(x, emb)[0, :, 7, 7].sum().backward()
    seen = (x.grad[0].abs().sum(0).nonzero() - 7).abs().max()
    assert seen == chain.reach and not x.grad[1].any()


@pytest.mark.parametrize('kind', BLOCKS)
def test_blocks_are_residual(kind):
    torch.manual_seed(0)
    change = (BlockChain(kind, 1, 8, 4)(image(), torch.ones(2, 4)) - image()).std()
    assert 0 < change < 0.5


def test_an_empty_chain_is_the_identity():
    assert torch.equal(BlockChain('conv', 0, 8, 4)(image(), torch.ones(2, 4)), image())
