import pytest
import torch

from drfuse.baselines import average, build_fuser, copy_first, copy_second, guided_filter, laplacian_pyramid, maximum
from drfuse.baselines.fusers import box_mean
from drfuse.registry import FUSERS

NAMES = ('average', 'maximum', 'copy_first', 'copy_second', 'laplacian_pyramid', 'guided_filter')


def images(size=(45, 61)):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 1, *size, generator=generator), torch.rand(2, 1, *size, generator=generator)


def test_pixel_rules():
    a, b = images()
    assert torch.equal(average(a, b), (a + b) / 2) and torch.equal(maximum(a, b), torch.maximum(a, b))
    assert copy_first(a, b) is a and copy_second(a, b) is b


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('size', [(45, 61), (3, 64), (32, 32)])
def test_equal_images_stay(name, size):
    a, _ = images(size)
    torch.testing.assert_close(build_fuser(name)(a, a), a, rtol=0, atol=2e-6)


@pytest.mark.parametrize('name', ['laplacian_pyramid', 'guided_filter'])
def test_sharp_halves_are_joined(name):
    a, _ = images((64, 96))
    flat = torch.full_like(a, 0.5)
    left, right = a.clone(), a.clone()
    left[..., 48:], right[..., :48] = flat[..., 48:], flat[..., :48]
    fused = build_fuser(name)(left, right)
    # the detail of both halves is there; an average keeps half of it
    for half in (slice(0, 40), slice(56, 96)):
        detail = a[..., half].std()
        assert float(fused[..., half].std()) > 0.8 * float(detail)
        assert float(average(left, right)[..., half].std()) < 0.6 * float(detail)


def test_laplacian_levels():
    a, b = images()
    one, four = laplacian_pyramid(a, b, levels=1), laplacian_pyramid(a, b)
    assert not torch.equal(one, four)
    torch.testing.assert_close(laplacian_pyramid(a, b, levels=9), laplacian_pyramid(a, b, levels=5), rtol=0, atol=1)
    with pytest.raises(ValueError, match='levels >= 1, got 0'):
        laplacian_pyramid(a, b, levels=0)


def test_box_mean_cuts_the_window_at_the_border():
    a, _ = images((7, 5))
    mean = box_mean(a, 2)
    torch.testing.assert_close(mean[0, 0, 3, 2], a[0, 0, 1:6].mean())
    torch.testing.assert_close(mean[0, 0, 0, 0], a[0, 0, :3, :3].mean())


def test_guided_filter_follows_saliency():
    bright = torch.zeros(1, 1, 40, 40)
    bright[..., 10:20, 10:20] = 1
    fused = guided_filter(bright, torch.full_like(bright, 0.2))
    assert float(fused[..., 9:21, 9:21].max()) > 0.8


def test_build_fuser_takes_arguments_and_names_what_is_allowed():
    a, b = images()
    assert torch.equal(build_fuser(dict(type='laplacian_pyramid', levels=2))(a, b), laplacian_pyramid(a, b, levels=2))
    with pytest.raises(ValueError, match=r"fuser 'mean' is unknown; allowed are \['average', .*'maximum'\]"):
        build_fuser('mean')
    assert set(NAMES) == set(FUSERS.module_dict)
