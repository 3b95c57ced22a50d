"""Width of a Gaussian blur, by a small network trained on features of sharpness.

``tools/analysis_tools/train_blur_estimator.py`` made the weights, from images of several cameras. The network gives
probabilities of "no blur" and of widths on a grid, so an estimate comes with its own doubt.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from drfuse.estimation.blur_features import blur_features
from drfuse.estimation.noise import as_planes, luma_gain, luminance, measure_noise

WEIGHTS = Path(__file__).with_name('blur_weights.json')
MIN_SIDE = 32
_FLAT = (0.5 / 255) ** 2  # variance up to which an image shows nothing that could be blurred


@dataclass(frozen=True)
class BlurEstimate:
    """A blur width and how sure it is.

    Attributes:
        sigma: Standard deviation of the Gaussian in pixels of the observed image; 0 = no blur.
        probability: Of there being a blur, 0..1.
        doubt: Standard deviation of the width in pixels, given that there is a blur.
    """

    sigma: float
    probability: float
    doubt: float


@lru_cache(maxsize=1)
def _network() -> dict:
    """Return the weights and the grid of widths."""
    stored = json.loads(WEIGHTS.read_text(encoding='utf-8'))
    layers = {key: [np.asarray(layer, np.float32) for layer in stored[key]] for key in ('weights', 'biases')}
    vectors = {key: np.asarray(stored[key], np.float32) for key in ('mean', 'scale', 'widths')}
    return {**layers, **vectors, 'threshold': float(stored['threshold'])}


def class_probabilities(features: np.ndarray, network: dict) -> np.ndarray:
    """Return the probabilities (N, 1 + widths): first "no blur", then every width of the grid.

    Args:
        features: (N, F), from :func:`blur_features`.
        network: Weights, biases, mean and scale of the features.
    """
    x = np.clip((features - network['mean']) / network['scale'], -5, 5)
    last = len(network['weights']) - 1
    for i, (weight, bias) in enumerate(zip(network['weights'], network['biases'], strict=True)):
        x = x @ weight.T + bias
        x = np.maximum(x, 0) if i < last else x
    x = np.exp(x - x.max(1, keepdims=True))
    return x / x.sum(1, keepdims=True)


def from_probabilities(probabilities: np.ndarray, widths: np.ndarray, threshold: float) -> BlurEstimate:
    """Return the mean width given a blur, or none if a blur is less probable than the threshold."""
    blurred = float(1 - probabilities[0])
    share = probabilities[1:] / max(blurred, 1e-9)
    mean = float(share @ widths)
    doubt = math.sqrt(max(float(share @ np.square(widths - mean)), 0.0))
    return BlurEstimate(mean if blurred > threshold else 0.0, blurred, doubt)


def measure_blur(image: torch.Tensor, noise_sigma: float | None = None) -> BlurEstimate:
    """Estimate the width of a Gaussian blur, and how sure it is.

    Sharp images differ among themselves as blurred ones do, so the threshold for "blurred" is set that nearly all
    unblurred training images are called sharp; weak blurs (below about 1 px) are then often missed.

    Args:
        image: (C, H, W), C = 1 or 3, in [0, 1], as stored.
        noise_sigma: Noise per stored channel of this image on the [0, 1] scale; None = estimated.

    Returns:
        The estimate; without blur and without certainty where a side is below 32 pixels, or the image shows
            nothing but noise.

    Raises:
        ValueError: If the shape is another one, or values are not finite.
    """
    planes = as_planes(image)
    if min(planes.shape[1:]) < MIN_SIDE:
        return BlurEstimate(0.0, 0.5, math.inf)
    noise = measure_noise(image).sigma if noise_sigma is None else noise_sigma
    plane, own_noise = luminance(planes), noise * luma_gain(len(planes))
    if float(np.var(plane, dtype=np.float64)) <= _FLAT + 1.1 * own_noise**2:
        return BlurEstimate(0.0, 0.5, math.inf)
    features = blur_features(plane, own_noise)
    network = _network()
    probabilities = class_probabilities(features[None], network)[0]
    return from_probabilities(probabilities, network['widths'], network['threshold'])


def estimate_blur_sigma(image: torch.Tensor, noise_sigma: float | None = None) -> float:
    """Return the width of a Gaussian blur in pixels of the observed image; 0 = none found.

    Args:
        image: (C, H, W), C = 1 or 3, in [0, 1], as stored.
        noise_sigma: Noise per stored channel on the [0, 1] scale; None = estimated.

    Returns:
        Sigma; see :func:`measure_blur`.

    Raises:
        ValueError: If the shape is another one, or values are not finite.
    """
    return measure_blur(image, noise_sigma).sigma
