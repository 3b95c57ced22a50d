"""Reference values, images made by formula, and a slow second derivation of local averages."""

import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

KEYS = {'QMI': 'Q_MI', 'QNCIE': 'Q_NCIE', 'QCB': 'Q_CB', 'QTE': 'Q_TE_q1.85', 'QTE_nava': 'Q_TE_nava', 'QM': 'Q_M',
        'QSF': 'Q_SF', 'QCV': 'Q_CV', 'QE': 'Q_E_yuliu'}
VARIANT_KEYS = {'QABF': 'Q_G', 'QP': 'Q_P', 'QW': 'Q_W', 'QS': 'Q_S'}


class Golden:
    """Values of the MATLAB toolboxes, and the images they were made from."""

    def __init__(self, folder):
        self._folder = folder
        with open(folder / 'golden.json', encoding='utf-8') as file:
            self.values = json.load(file)

    def images(self, pair, rule='avg'):
        """Return fused image and sources of one case."""
        read = {name: cv2.imread(str(self._folder / pair / f'{name}.png'), cv2.IMREAD_UNCHANGED)
                for name in ('a', 'b', rule)}
        return read[rule], (read['a'], read['b'])

    def expected(self, pair, rule, variant):
        """Return metric name -> value of one case."""
        values = self.values['pairs'][pair]['metrics'][rule]
        table = {name: values[key] for name, key in KEYS.items()}
        table.update({name: values[f'{key}_{variant}'] for name, key in VARIANT_KEYS.items()})
        if variant == 'yuliu':
            table['QC'] = values['Q_C_yuliu']
        return table

    def degenerate_images(self):
        """Return fused image and sources of the 96 x 96 crop of the edge cases."""
        fused, sources = self.images('rs_crop_00006')
        cut = (slice(64, 160), slice(64, 160))
        return fused[cut], tuple(source[cut] for source in sources)

    def degenerate(self, case, name, variant='yuliu'):
        """Return the reference's value of one edge case."""
        key = KEYS.get(name) or f'{VARIANT_KEYS.get(name, {"QC": "Q_C"}.get(name))}_{variant}'
        return float(self.values['degenerate']['values'][case][key])


@pytest.fixture(scope='session')
def golden(shared_dir):
    return Golden(shared_dir / 'golden_metrics')


def _wave(index, period, height):
    phase = index % period
    return height * 2 * np.minimum(phase, period - phase) // period


def _noise(i, j, seed, levels):
    return ((i * 7919 + j * 104729 + seed * 31337) * 2654435761 % 2**32 >> 16) % levels


def _case(h, w):
    i, j = np.mgrid[:h, :w].astype(np.int64)
    disc = (i - h // 3)**2 + (j - w // 2)**2 < (min(h, w) // 5)**2
    a = 20 + _wave(i + 2 * j, 37, 90) + _wave(3 * i - j + 500, 53, 60) + _noise(i, j, 1, 17) + 40 * disc
    b = 200 - _wave(2 * i - 3 * j + 900, 71, 120) - _wave(j, 29, 30) - _noise(i, j, 2, 23)
    fused = {'average': (a + b + 1) // 2, 'maximum': np.maximum(a, b),
             'noisy': (a + b) // 2 + _noise(i, j, 3, 41) - 20}
    return SimpleNamespace(sources=tuple(x.clip(0, 255).astype(np.uint8) for x in (a, b)),
                           fused={rule: x.clip(0, 255).astype(np.uint8) for rule, x in fused.items()})


@pytest.fixture(scope='session')
def formula():
    """Images by integer formula: size -> sources and fused images."""
    return {f'{h}x{w}': _case(h, w) for h, w in ((96, 120), (95, 121), (162, 175))}


@pytest.fixture(scope='session')
def trio(formula):
    """One fused image with its two sources."""
    case = formula['95x121']
    return case.fused['average'], case.sources


@pytest.fixture(scope='session')
def window_average():
    """Average over windows, taken one by one: the definition."""
    def average(x, weights):
        k = len(weights)
        return np.array([[(x[i:i + k, j:j + k] * weights).sum() for j in range(x.shape[1] - k + 1)]
                         for i in range(x.shape[0] - k + 1)])
    return average


def gaussian_window(size, sigma):
    x = np.arange(size) - size // 2
    weights = np.exp(-(x[:, None]**2 + x**2) / (2 * sigma**2))
    return weights / weights.sum()


@pytest.fixture(scope='session')
def gaussian():
    return gaussian_window
