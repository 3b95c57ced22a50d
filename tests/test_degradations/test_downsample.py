"""Low resolution at any size: partial cells, dropped borders, bicubic against SciPy-free references."""

import pytest
import torch
from PIL import Image

from drfuse.degradations import AveragePool, BicubicDownsample
from drfuse.utils.seed import keyed_generator


def image(height, width):
    return torch.rand(1, 1, height, width, generator=keyed_generator(height, width), dtype=torch.float64)


@pytest.mark.parametrize(
    ('size', 'factor', 'cells'),
    [((8, 8), 2, (4, 4)), ((7, 9), 2, (4, 5)), ((7, 9), 4, (2, 3)), ((3, 3), 5, (1, 1)), ((6, 5), 1, (6, 5))],
)
def test_partial_cells_average_the_pixels_they_have(size, factor, cells):
    x = image(*size)
    y = AveragePool(factor).bind({}, size).forward(x)
    assert y.shape[-2:] == cells == AveragePool(factor).output_shape(size)
    for i in range(cells[0]):
        for j in range(cells[1]):
            cell = x[..., i * factor : (i + 1) * factor, j * factor : (j + 1) * factor]
            assert y[0, 0, i, j].item() == pytest.approx(cell.mean().item())


def test_dropped_border_is_unseen():
    A = AveragePool(2, border='drop').bind({}, (5, 6))
    assert A.observation_shape == (2, 3)
    back = A.pinv(A.forward(image(5, 6)))
    assert back.shape[-2:] == (5, 6)
    assert torch.equal(back[..., 4:, :], torch.zeros(1, 1, 1, 6, dtype=torch.float64))


def test_pinv_is_factor_squared_times_the_adjoint():
    A = AveragePool(3).bind({}, (9, 12))
    y = image(3, 4)
    torch.testing.assert_close(A.pinv(y), 9 * A.adjoint(y))


@pytest.mark.parametrize('factor', [2, 3])
def test_bicubic_agrees_with_pillow_inside(factor):
    x = image(48, 60).float()
    ours = BicubicDownsample(factor).bind({}, (48, 60)).forward(x)
    size = (60 // factor, 48 // factor)
    theirs = torch.from_numpy(
        __import__('numpy').array(Image.fromarray(x[0, 0].numpy()).resize(size, Image.Resampling.BICUBIC))
    )
    torch.testing.assert_close(ours[0, 0, 3:-3, 3:-3], theirs[3:-3, 3:-3], atol=2e-5, rtol=0)


@pytest.mark.parametrize('boundary', ['reflect', 'circular'])
def test_bicubic_keeps_grey(boundary):
    grey = torch.full((1, 1, 17, 22), 0.3, dtype=torch.float64)
    y = BicubicDownsample(3, boundary).bind({}, (17, 22)).forward(grey)
    torch.testing.assert_close(y, torch.full((1, 1, 6, 8), 0.3, dtype=torch.float64))


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: AveragePool(0), 'AveragePool needs an integer factor >= 1, got 0'),
        (lambda: AveragePool(1.5), 'AveragePool needs an integer factor >= 1, got 1.5'),
        (lambda: AveragePool(2, border='keep'), "AveragePool border must be 'partial' or 'drop', got 'keep'"),
        (lambda: AveragePool(9, border='drop').bind({}, (8, 20)).forward(image(8, 20)), r'leaves nothing of \(8, 20\)'),
        (lambda: BicubicDownsample(-2), 'BicubicDownsample needs an integer factor >= 1, got -2'),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_bicubic_first_used_in_inference_mode_can_be_trained_through():
    A = BicubicDownsample(2).bind({}, (10, 14))
    with torch.inference_mode():
        A.pinv(A.forward(image(10, 14)))
    x = image(10, 14).requires_grad_()
    A.pinv(A.forward(x)).sum().backward()
    assert x.grad.isfinite().all()
