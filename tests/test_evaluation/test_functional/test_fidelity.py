import math

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from drfuse.evaluation.functional import fusion_psnr, ms_ssim, psnr, ssim


def test_psnr_is_scikit_images(trio):
    fused, (a, _) = trio
    assert psnr(fused, a) == pytest.approx(peak_signal_noise_ratio(a, fused, data_range=255), abs=1e-12)


def test_psnr_of_one_level_is_known():
    x = np.full((16, 16), 100, np.uint8)
    assert psnr(x, x + 1) == pytest.approx(20 * math.log10(255))
    assert psnr(x, x) == math.inf
    assert psnr(torch.from_numpy(np.stack([x, x])), torch.from_numpy(np.stack([x, x + 1]))).tolist() == [
        math.inf, pytest.approx(20 * math.log10(255))]


def test_psnr_of_a_fusion_averages_errors_and_is_capped():
    x = np.full((16, 16), 100, np.uint8)
    assert fusion_psnr(x, (x + 1, x + 3)) == pytest.approx(10 * math.log10(255**2 / 5))
    assert fusion_psnr(x, (x, x)) == 100


@pytest.mark.parametrize('rule', ['average', 'noisy'])
def test_ssim_is_scikit_images(formula, rule):
    case = formula['95x121']
    expected = structural_similarity(case.fused[rule], case.sources[0], gaussian_weights=True, sigma=1.5,
                                     use_sample_covariance=False, data_range=255)
    assert ssim(case.fused[rule], case.sources[0]) == pytest.approx(expected, abs=1e-12)


def test_ssim_of_identical_images_is_one(trio):
    assert ssim(trio[0], trio[0]) == 1


def by_scale(x, y):
    """MS-SSIM from scikit-image's maps, scale by scale."""
    x, y, product = x.astype(float), y.astype(float), 1
    for weight in (0.0448, 0.2856, 0.3001, 0.2363, 0.1333):
        value, whole = structural_similarity(x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
                                             data_range=255, full=True)
        if weight != 0.1333:
            # without the luminance term: the same map of images whose local means are taken to be equal
            _, dark = structural_similarity(x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
                                            data_range=255, K1=1e9, full=True)
            value = dark[5:-5, 5:-5].mean()
        product *= max(value, 0)**weight
        x, y = (np.pad(z, [(0, n % 2) for n in z.shape], mode='edge') for z in (x, y))
        x, y = (z.reshape(z.shape[0] // 2, 2, -1, 2).mean((1, 3)) for z in (x, y))
    return product


def test_ms_ssim_scale_by_scale(formula):
    case = formula['162x175']
    assert ms_ssim(case.fused['noisy'], case.sources[0]) == pytest.approx(
        by_scale(case.fused['noisy'], case.sources[0]), abs=1e-9)


def test_a_negative_scale_counts_zero(formula):
    image = formula['162x175'].sources[0]
    assert ms_ssim(255 - image, image) == 0
