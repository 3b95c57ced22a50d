"""Writing a degraded copy of a data set: the observations of validation, as files."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mmcv
import numpy as np
import torch

from drfuse.datasets.paired_fusion_dataset import PairedFusionDataset
from drfuse.datasets.sample_rng import SampleKey, SampleRNG
from drfuse.datasets.transforms.loading import LoadModalities
from drfuse.datasets.transforms.synthesis import degrade_image
from drfuse.version import __version__

SIDECAR = 'degradations.json'
"""Name of the description beside the images."""


def write_degraded(dataset: PairedFusionDataset, out_dir: str | Path, overwrite: bool = False,
                   on_pair: Callable[[], None] = lambda: None) -> Path:
    """Write what validation would observe, all stored channels, as ``<out_dir>/<modality>/<stem>.png``.

    The images are rounded to 8 bits and described in ``degradations.json``: the degradation of each
    modality, and per file the drawn parameters, the standard deviation of the luminance noise and the
    size before the degradation. The folder appears complete or not at all.

    Args:
        dataset: Source of clean pairs, degradations and seed; its pipeline is not used.
        out_dir: Folder to make.
        overwrite: Replace a folder that this function wrote before.
        on_pair: Called when a pair is written.

    Returns:
        Path of the description.

    Raises:
        FileExistsError: If the folder exists and may not be replaced.
        ValueError: If the data set has no clean images.
    """
    out_dir = Path(out_dir)
    _check_target(out_dir, overwrite)
    partial = out_dir.with_name(f'.{out_dir.name}.{os.getpid()}.partial')
    partial.mkdir(parents=True)
    try:
        _write_all(dataset, partial, on_pair)
        if out_dir.exists():
            shutil.rmtree(out_dir)
        partial.rename(out_dir)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return out_dir / SIDECAR


def _check_target(out_dir: Path, overwrite: bool) -> None:
    if not out_dir.exists():
        return
    if not overwrite:
        raise FileExistsError(f'{out_dir} exists: choose another folder, or allow overwriting')
    if not (out_dir / SIDECAR).is_file():
        raise FileExistsError(f'{out_dir} has no {SIDECAR}, so it was not written here and is not replaced')


def _write_all(dataset: PairedFusionDataset, folder: Path, on_pair: Callable[[], None]) -> None:
    load = LoadModalities()
    files = {}
    for index in range(len(dataset)):
        results = load(dataset.results(SampleKey(0, 0, index)))
        if 'images' not in results:
            raise ValueError(f'{dataset.data_root} has no clean images to degrade: set data_prefix')
        results['rng'] = SampleRNG.for_validation(dataset.seed, results['stem'])
        files[results['stem']] = {name: _write_one(results, name, folder) for name in results['modalities']}
        on_pair()
    description = dict(drfuse=__version__, data=dataset.metainfo['data'], split=dataset.split, seed=dataset.seed,
                       degradations={name: repr(d) for name, d in dataset.degradations.items()}, files=files)
    (folder / SIDECAR).write_text(json.dumps(description, indent=1))


def _write_one(results: dict[str, Any], name: str, folder: Path) -> dict[str, Any]:
    """Write one image, and return its entry in the description."""
    image = results['images'][name]
    resolved, params, degraded = degrade_image(results['degradations'][name], image, results['rng'], name)
    observation, _ = resolved.attach(degraded, image.shape[-2:], params)
    file = folder / name / f'{results["stem"]}.png'
    stored = _to_bytes(degraded[0])
    mmcv.imwrite(stored if stored.ndim == 2 else stored[..., ::-1], str(file))
    return dict(file=str(file.relative_to(folder)), stages=repr(resolved.stages),
                params={key: value.tolist() for key, value in params.items()},
                luminance_sigma=float(observation.sigma.square().mean().sqrt()),
                image_shape=list(image.shape[-2:]))


def _to_bytes(image: torch.Tensor) -> np.ndarray:
    """Return (C, h, w) in [0, 1] as (h, w) or (h, w, 3) uint8, rounded half up."""
    stored = (image.clamp(0, 1) * 255 + 0.5).floor().to(torch.uint8).numpy()
    return stored[0] if len(stored) == 1 else np.ascontiguousarray(stored.transpose(1, 2, 0))
