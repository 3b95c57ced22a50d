import pytest
import torch

from drfuse.baselines import FFDNet


def trained(**arguments):
    torch.manual_seed(0)
    net = FFDNet(channels=16, layers=5, **arguments)
    torch.nn.init.normal_(net.body[-1].weight, std=0.1)
    return net


@pytest.mark.parametrize('size', [(16, 16), (17, 20), (9, 11)])
def test_any_size(size):
    image = torch.rand(2, 1, *size, generator=torch.Generator().manual_seed(0))
    out = trained()(image, torch.full((2, 1, 1, 1), 0.1))
    assert out.shape == image.shape and not torch.equal(out, image)


def test_without_noise_nothing_changes():
    image = torch.rand(1, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    assert torch.equal(trained()(image, torch.zeros(1, 1, 1, 1)), image)


def test_a_map_of_levels_equals_one_level():
    image = torch.rand(1, 1, 12, 15, generator=torch.Generator().manual_seed(0))
    net = trained()
    torch.testing.assert_close(net(image, torch.full((1, 1, 12, 15), 0.1)), net(image, torch.full((1, 1, 1, 1), 0.1)))


def test_receptive_field_is_what_it_says():
    net = trained().double()
    image = torch.rand(1, 1, 48, 48, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    image.requires_grad_(True)
    out = net(image, torch.full((1, 1, 1, 1), 0.1))
    (grad,) = torch.autograd.grad(out[0, 0, 24, 24], image)
    rows = grad[0, 0].abs().sum(1).nonzero().flatten()
    assert int(rows.max() - rows.min()) + 1 <= net.receptive_field == 22


def test_learns_to_denoise():
    generator = torch.Generator().manual_seed(0)
    net = FFDNet(16, 5)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    clean = torch.rand(8, 1, 4, 4, generator=generator).repeat_interleave(6, -1).repeat_interleave(6, -2)
    sigma = torch.full((8, 1, 1, 1), 0.1)
    for _ in range(60):
        noisy = clean + 0.1 * torch.randn(clean.shape, generator=generator)
        loss = (net(noisy, sigma) - clean).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.8 * float((noisy - clean).abs().mean())


def test_arguments_are_checked():
    with pytest.raises(ValueError, match='multiples of 16 and an odd number of layers >= 3, got 20 and 15'):
        FFDNet(channels=20)
