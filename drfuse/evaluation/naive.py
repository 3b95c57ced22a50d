"""What a user gets without a network: the baselines every restored source has to beat."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from drfuse.degradations import BoundOperator, Compose, Convolution, LinearOperator, Observation, WienerPinv
from drfuse.evaluation.convention import source_to_uint8, to_uint8
from drfuse.evaluation.functional import psnr
from drfuse.evaluation.functional.fidelity import PSNR_CAP
from drfuse.registry import DATASETS
from drfuse.utils.enlarge import enlarge

GAMMAS = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
"""Wiener regularisations tried."""


def bicubic(observation: Observation) -> torch.Tensor:
    """Return y enlarged bicubically to the image's size (B, 1, H, W); y itself where sizes agree."""
    return enlarge(observation.y, observation.A.image_shape, factor=observation.A.stride)


def regularised_pinv(observation: Observation, gamma: float) -> torch.Tensor:
    """Return A^+ y (B, 1, H, W) with ``gamma`` in every Wiener filter of A."""
    A = observation.A
    return BoundOperator(_with_gamma(A.operator, gamma), A.params, A.image_shape, A.noise_std).pinv(observation.y)


def candidates(observation: Observation) -> dict[str, torch.Tensor]:
    """Return name to image (B, 1, H, W): bicubic y, and A^+ y for every regularisation that A has."""
    images = {'bicubic y': bicubic(observation)}
    if not _has_wiener(observation.A.operator):
        return images | {'A^+ y': observation.A.pinv(observation.y)}
    return images | {f'A^+ y, gamma={g:g}': regularised_pinv(observation, g) for g in GAMMAS}


class NaiveBaseline:
    """Chooses a baseline per source on training pairs, and measures it on test pairs.

    The choice is between bicubic y and A^+ y with the best regularisation; the better of the two, by mean
    PSNR on the training pairs, is what a restoration is compared with.

    Attributes:
        choice: Source to ``A^+ y``, the best regularisation, and ``best``, the better of that and bicubic y.
    """

    def __init__(self) -> None:
        self.choice: dict[str, dict[str, str]] = {}

    def fit(self, samples: Sequence[dict[str, Any]]) -> NaiveBaseline:
        """Choose the regularisation of each modality, and between bicubic y and A^+ y.

        Args:
            samples: Packed items of a dataset: ``inputs`` and ``data_samples``.
        """
        for name, table in _psnr_tables(samples).items():
            means = {candidate: float(np.mean(values)) for candidate, values in table.items()}
            inverse = max((k for k in means if k != 'bicubic y'), key=lambda k: means[k])
            self.choice[name] = {'A^+ y': inverse,
                                 'best': 'A^+ y' if means[inverse] > means['bicubic y'] else 'bicubic y'}
        return self

    def measure(self, samples: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Return what the choices reach, by modality.

        Returns:
            ``psnr``: mean in dB of ``bicubic y`` and of the chosen ``A^+ y``, at most 100 dB an image;
            ``regularisation``: name of that; ``chosen``: which of the two was better on the training pairs;
            ``best``: what that one reaches here.
        """
        report = {}
        for name, table in _psnr_tables(samples).items():
            inverse, chosen = self.choice[name]['A^+ y'], self.choice[name]['best']
            values = {'bicubic y': float(np.mean(table['bicubic y'])), 'A^+ y': float(np.mean(table[inverse]))}
            report[name] = dict(psnr=values, regularisation=inverse, chosen=chosen, best=values[chosen])
        return report


def config_samples(cfg: Config, split: str, limit: int | None = None) -> list[dict[str, Any]]:
    """Return the packed items of a config's train or test pairs, uncropped, with the noise fixed by the file stem.

    Args:
        cfg: With ``train_dataloader`` and ``test_dataloader``.
        split: ``'train'`` or ``'test'``.
        limit: At most this many pairs.
    """
    dataset_cfg = copy.deepcopy(cfg.test_dataloader.dataset)
    if split == 'train':
        dataset_cfg.update({k: v for k, v in cfg.train_dataloader.dataset.items()
                            if k not in ('pipeline', 'test_mode', 'crop_size')})
    dataset = DATASETS.build(dataset_cfg)
    return [dataset[i] for i in range(min(len(dataset), limit or len(dataset)))]


def measure_config(cfg: Config, train_pairs: int | None = None) -> dict[str, dict[str, Any]]:
    """Return what :meth:`NaiveBaseline.measure` finds on a config's test pairs after a choice on its training pairs."""
    init_default_scope('drfuse')
    return NaiveBaseline().fit(config_samples(cfg, 'train', train_pairs)).measure(config_samples(cfg, 'test'))


def _psnr_tables(samples: Sequence[dict[str, Any]]) -> dict[str, dict[str, list[float]]]:
    tables: dict[str, dict[str, list[float]]] = {}
    for sample in samples:
        labels = sample['data_samples'].gt_sources
        for i, (name, observation) in enumerate(sample['inputs'].items()):
            clean = source_to_uint8(labels[i])
            for candidate, image in candidates(observation).items():
                value = min(float(psnr(to_uint8(image[0, 0]), clean)), PSNR_CAP)
                tables.setdefault(name, {}).setdefault(candidate, []).append(value)
    return tables


def _with_gamma(operator: LinearOperator, gamma: float) -> LinearOperator:
    changed = copy.copy(operator)
    if isinstance(operator, Compose):
        changed.operators = [_with_gamma(o, gamma) for o in operator.operators]
    elif isinstance(operator, Convolution) and isinstance(operator.pinv_solver, WienerPinv):
        changed.pinv_solver = WienerPinv(gamma)
    return changed


def _has_wiener(operator: LinearOperator) -> bool:
    if isinstance(operator, Compose):
        return any(_has_wiener(o) for o in operator.operators)
    return isinstance(operator.pinv_solver, WienerPinv)
