import numpy as np
import pytest
import torch

from drfuse.evaluation.functional import q_abf, q_mi
from drfuse.evaluation.functional.histogram import stretch
from drfuse.evaluation.functional.pair import Pair, TooSmallError, check_image, check_variant


def grey(*shape, dtype=np.uint8):
    return (np.arange(np.prod(shape)).reshape(shape) % 251).astype(dtype)


def test_images_become_float64():
    pair = Pair(grey(9, 7), (grey(9, 7, dtype=np.float32),))
    assert pair.fused.dtype == np.float64 and pair.sources[0].dtype == np.float64
    np.testing.assert_array_equal(pair.fused, pair.sources[0])
    assert pair.shape == (9, 7)


def test_a_channel_axis_of_tensors_is_dropped():
    image = torch.from_numpy(grey(2, 1, 9, 7))
    pair = Pair(image, (image,))
    assert tuple(pair.fused.shape) == (2, 9, 7) and tuple(pair.levels[0].shape) == (2, 9, 7)


def test_tensors_of_any_float_type_and_with_gradients_are_taken():
    image = torch.from_numpy(grey(9, 7)).bfloat16().requires_grad_()
    assert Pair(image, (image,)).fused.dtype == torch.float64
    assert not q_mi(image, (image,)).requires_grad


def test_no_image_is_changed(trio):
    fused, sources = trio
    before = [x.copy() for x in (fused, *sources)]
    floats = [x.astype(np.float64) for x in before]
    q_abf(fused, sources)
    q_abf(floats[0], floats[1:])
    for x, y, z in zip((fused, *sources), before, floats, strict=True):
        np.testing.assert_array_equal(x, y)
        np.testing.assert_array_equal(z, y)


@pytest.mark.parametrize(('image', 'error', 'message'), [
    ([[1, 2]], TypeError, 'must be a NumPy array or a torch tensor, got list'),
    (grey(8, 8, 3), ValueError, r'must be luminance of shape \(H, W\), got \(8, 8, 3\): reduce colour'),
    (torch.zeros(2, 3, 8, 8), ValueError, r'must be luminance .* got \(2, 3, 8, 8\)'),
    (grey(8, 8, dtype=np.int64), TypeError, 'must be uint8 or floating in 0..255, got int64'),
    (torch.zeros(8, 8, dtype=torch.int32), TypeError, 'got torch.int32'),
    (np.full((8, 8), np.nan), ValueError, 'holds NaN or infinite values'),
    (torch.full((8, 8), torch.inf), ValueError, 'holds NaN or infinite values'),
    (np.full((8, 8), 256.), ValueError, r'must lie in 0..255, got 256..256'),
    (np.full((8, 8), -1.), ValueError, r'must lie in 0..255, got -1..-1'),
    (np.linspace(0, 1, 64).reshape(8, 8), ValueError, r'looks like \[0, 1\] \(maximum 1\): quantise'),
    (grey(0, 8), ValueError, r'has no pixels: shape \(0, 8\)')])
def test_hostile_images_are_refused_in_one_line(image, error, message):
    with pytest.raises(error, match=message) as info:
        check_image('fused image', image)
    assert '\n' not in str(info.value) and str(info.value).startswith('fused image')


def test_dark_images_are_no_unit_images():
    assert check_image('x', np.array([[0., 1.], [1., 0.]])).max() == 1
    assert check_image('x', np.zeros((2, 2))).max() == 0


@pytest.mark.parametrize(('fused', 'source', 'error', 'message'), [
    (grey(8, 8), grey(8, 9), ValueError, r'source 1 has shape \(8, 9\) but the fused image \(8, 8\)'),
    (grey(8, 8), torch.zeros(8, 8), TypeError, 'source 1 is a Tensor but the fused image a ndarray')])
def test_images_that_do_not_fit_together_are_refused(fused, source, error, message):
    with pytest.raises(error, match=message):
        q_mi(fused, (source,))


def test_sources_are_needed():
    with pytest.raises(ValueError, match='at least one source, got none'):
        Pair(grey(8, 8), ())


def test_workers_are_checked():
    with pytest.raises(ValueError, match='workers must be at least 1, got -2'):
        Pair(grey(8, 8), (grey(8, 8),), workers=-2)
    assert Pair(grey(8, 8), (grey(8, 8),)).workers >= 1


def test_size_and_variant_checks():
    with pytest.raises(TooSmallError, match='QX needs at least 9 x 9 pixels, got 8 x 10'):
        Pair(grey(8, 10), (grey(8, 10),)).require_size('QX', 9)
    with pytest.raises(ValueError, match="QX has the variants .* got 'qu'"):
        check_variant('QX', 'qu')


def test_histograms_with_and_without_stretch_share_their_entropies(trio):
    fused, sources = trio
    exact, floating = Pair(fused, sources), Pair(fused.astype(float), [s.astype(float) for s in sources])
    assert exact.stretched_histograms is exact.histograms
    assert floating.stretched_histograms is not floating.histograms
    for x, y in zip(exact.stretched_histograms, floating.stretched_histograms, strict=True):
        assert abs(x.information - y.information) < 1e-12
    assert abs(exact.source_histogram.information - floating.source_histogram.information) < 1e-12


def test_floats_are_rounded_half_up_to_levels():
    assert Pair(np.array([[2.5, 3.49], [7., 254.5]]), (grey(2, 2),)).levels[0].tolist() == [[3, 3], [7, 255]]


@pytest.mark.parametrize('image', [np.arange(13, 201).reshape(4, 47), np.full((3, 4), 9), np.zeros((2, 2)),
                                   np.array([[0, 255], [1, 128]])], ids=['ramp', 'constant', 'zero', 'full'])
def test_whole_levels_are_stretched_as_any_others(image):
    image = image.astype(np.uint8)
    for one in Pair(image, (image,)).stretched:
        np.testing.assert_array_equal(one, stretch(image.astype(float)))
