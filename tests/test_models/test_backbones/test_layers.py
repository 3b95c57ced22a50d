import math

import pytest
import torch
from scipy import signal

from drfuse.models.backbones.layers import (
    Downsample,
    ResBlock,
    SkipAttention,
    TimeEmbedding,
    Upsample,
    sinusoidal_embedding,
)
from drfuse.utils.seed import keyed_generator


def test_sinusoidal_embedding_by_hand():
    code = sinusoidal_embedding(torch.tensor([0, 2]), 4)
    expected = [[1, 1, 0, 0], [math.cos(2), math.cos(0.02), math.sin(2), math.sin(0.02)]]
    torch.testing.assert_close(code, torch.tensor(expected))


def test_time_embedding_tells_steps_apart():
    embedding = TimeEmbedding(8, 12)
    result = embedding(torch.tensor([1, 2, 2]))
    assert result.shape == (3, 12)
    torch.testing.assert_close(result[1], result[2])  # rows of a matrix product may round differently
    assert (result[0] - result[1]).abs().max() > 1e-3


@pytest.mark.parametrize('out_channels', [4, 8])
def test_res_block_shortcut_only_where_the_width_changes(out_channels):
    block = ResBlock(4, out_channels, 6, 2, 0.0)
    assert isinstance(block.shortcut, torch.nn.Identity) == (out_channels == 4)
    x = torch.rand(2, 4, 5, 7, generator=keyed_generator(0))
    assert block(x, torch.ones(2, 6)).shape == (2, out_channels, 5, 7)


def test_res_block_formula():
    block = ResBlock(4, 4, 6, 2, 0.5).eval()
    x = torch.randn(1, 4, 6, 6, generator=keyed_generator(1))
    emb = torch.randn(1, 6, generator=keyed_generator(2))
    silu = torch.nn.functional.silu
    h = block.conv1(silu(block.norm1(x))) + block.time_proj(silu(emb)).view(1, 4, 1, 1)
    torch.testing.assert_close(block(x, emb), x + block.conv2(silu(block.norm2(h))))
    assert (block(x, emb) - block(x, -emb)).abs().max() > 1e-4


def test_skip_attention_by_loops():
    attention = SkipAttention(4, reduction=2)
    x = torch.randn(1, 4, 3, 5, generator=keyed_generator(3))

    def mlp(v):
        hidden = torch.relu(attention.squeeze.weight[:, :, 0, 0] @ v + attention.squeeze.bias)
        return attention.expand.weight[:, :, 0, 0] @ hidden + attention.expand.bias

    flat = x[0].flatten(1)
    channel = torch.sigmoid(mlp(flat.mean(1)) + mlp(flat.max(1).values))
    spatial = torch.sigmoid(attention.spatial.weight[0, :, 0, 0] @ flat + attention.spatial.bias)
    torch.testing.assert_close(attention(x)[0].flatten(1), flat * channel[:, None] * spatial)


def test_skip_attention_has_a_hidden_channel_at_least():
    assert SkipAttention(4, reduction=8).squeeze.out_channels == 1


@pytest.mark.parametrize(('height', 'width'), [(8, 8), (7, 5)])
def test_sizes_of_resampling(height, width):
    x = torch.rand(1, 3, height, width, generator=keyed_generator(4))
    assert Downsample(3)(x).shape[-2:] == (-(-height // 2), -(-width // 2))
    assert Upsample(3)(x).shape[-2:] == (2 * height, 2 * width)


def test_downsample_is_every_other_pixel_of_a_correlation():
    layer = Downsample(1).double()
    x = torch.rand(6, 8, generator=keyed_generator(5), dtype=torch.float64)
    kernel = layer.conv.weight[0, 0].detach().numpy()
    expected = signal.correlate2d(x.numpy(), kernel, mode='same')[::2, ::2] + layer.conv.bias.item()
    torch.testing.assert_close(layer(x[None, None])[0, 0].detach(), torch.from_numpy(expected))
