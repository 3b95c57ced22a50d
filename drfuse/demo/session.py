"""What the page does, without the page: from its fields to pictures, numbers and files."""

from __future__ import annotations

import json
import tempfile
import zipfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import torch

from drfuse.apis import FusionInferencer
from drfuse.apis.pairs import SourcePair
from drfuse.apis.picture import Picture
from drfuse.apis.picture_io import read_picture
from drfuse.apis.picture_writer import write_picture
from drfuse.apis.tiling.tiled import Progress
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.degradations import Degradation
from drfuse.demo.steering import steered
from drfuse.report import Report, write_report
from drfuse.report.settings import degradation_yaml
from drfuse.utils.config import UserError, config_errors
from drfuse.utils.seed import keyed_generator
from drfuse.visualization.image_writer import safe_name, write_png

OWN = 'my own pictures'
SAMPLE_SIZE = (288, 384)
SAMPLES = 4
FACTORS = (1, 2, 4)


@dataclass(frozen=True)
class Request:
    """The fields of the page.

    Attributes:
        sample: Key of :func:`sample_names`, or :data:`OWN`.
        files: Uploaded files for A and B; None = nothing uploaded.
        degrade: Whether the pictures are clean and to be degraded here; else they are degraded already.
        tell: Whether the model is told noise and blur; else it estimates them.
        noise: Standard deviation for A and B in levels of 255.
        blur: Standard deviation of the Gaussian blur of A and B in pixels.
        factor: Lost resolution of A, where pictures are degraded here.
        steps: T.
        correction: Strength of the correction, 0..1.
    """

    sample: str
    files: tuple[str | None, str | None] = (None, None)
    degrade: bool = True
    tell: bool = True
    noise: tuple[float, float] = (8.0, 8.0)
    blur: tuple[float, float] = (1.5, 1.5)
    factor: int = 1
    steps: int | None = None
    correction: float = 1.0


@dataclass(frozen=True)
class Sources:
    """What is to be fused.

    Attributes:
        name: For files.
        observed: Pictures of A and B.
        clean: The pictures before they were degraded here; empty if they came degraded.
        degradation: What the model is told, as :func:`~drfuse.apis.degradation_spec.parse_degradation` takes it.
    """

    name: str
    observed: tuple[Picture, Picture]
    clean: tuple[Picture, ...]
    degradation: dict[str, Any] | None


@dataclass(frozen=True)
class Files:
    """What can be downloaded.

    Attributes:
        fused: The fused picture.
        report: The page of :mod:`drfuse.report`.
        everything: A zip of these, the restored sources, the weights, the degradation and the numbers.
    """

    fused: Path
    report: Path
    everything: Path


def sample_names(task: str) -> dict[str, int]:
    """Return the name of each generated pair of a task, and its number."""
    kind = dict(ivf='generated street', mif='generated head')[task]
    return {f'{kind} {i + 1}': i for i in range(SAMPLES)}


@cache
def sample_pair(task: str, number: int) -> tuple[Picture, Picture]:
    """Return a generated pair of clean pictures."""
    pairs = EmbeddedPairs(task, 'test', SAMPLES, SAMPLE_SIZE)
    images = pairs.render(pairs.stems[number])
    return tuple(Picture(images[name], name=f'{pairs.stems[number]}/{name}') for name in pairs.modalities)


def load_sources(request: Request, task: str) -> Sources:
    """Read or draw the pictures, and degrade them if that is asked for.

    Raises:
        UserError: If something is missing or cannot be used.
    """
    if request.sample == OWN:
        if None in request.files:
            raise UserError(f'picture {"AB"[request.files.index(None)]} is missing: upload both, or choose a sample')
        pair, name = tuple(_read(str(path)) for path in request.files), Path(str(request.files[1])).stem
    else:
        number = sample_names(task)[request.sample]
        pair, name = sample_pair(task, number), f'{task}_sample_{number + 1}'
    if not request.degrade:
        told = dict(zip('ab', map(_parts, request.noise, request.blur), strict=True)) if request.tell else None
        return Sources(name, pair, (), told)
    if pair[0].shape != pair[1].shape:
        raise UserError('clean pictures must have one size, but A is {} x {} and B is {} x {} (height x width): say '
                        'that they are degraded already'.format(*pair[0].shape, *pair[1].shape))
    stages = [_stages(request.noise[i], request.blur[i], request.factor if i == 0 else 1) for i in (0, 1)]
    observed = tuple(degraded(picture, listed, f'{name}/{i}')
                     for i, (picture, listed) in enumerate(zip(pair, stages, strict=True)))
    return Sources(name, observed, pair, dict(zip('ab', stages, strict=True)) if request.tell else None)


def _read(path: str) -> Picture:
    """Read an upload; messages name the file without the place where it was put."""
    name = Path(path).name
    try:
        return replace(read_picture(path), name=name, path=None)
    except (UserError, FileNotFoundError) as error:
        raise UserError(str(error).replace(path, name)) from None


def _parts(noise: float, blur: float) -> dict[str, Any]:
    return dict(noise=noise / 255, blur=f'gaussian:{blur:g}' if blur else 'none')


def _stages(noise: float, blur: float, factor: int) -> list[dict[str, Any]]:
    """Return blur, noise and low resolution, the paper's y = S(B x + n)."""
    stages = [dict(type='GaussianBlur', sigma=blur, boundary='reflect')] if blur else []
    stages += [dict(type='GaussianNoise', sigma=noise / 255)] if noise else []
    return [*stages, *([dict(type='AveragePool', factor=factor)] if factor > 1 else [])]


def degraded(picture: Picture, stages: list[dict[str, Any]], key: str) -> Picture:
    """Return a picture degraded, in its own pixel type; the noise depends on the key alone.

    Raises:
        UserError: If the picture is too small for the degradation.
    """
    if min(picture.shape) // max(stage.get('factor', 1) for stage in [{}, *stages]) < 16:  # noqa: PLR2004
        raise UserError(f'{picture.name} is too small to lose resolution: the shortest side must stay 16 pixels')
    with config_errors(picture.name):
        degradation, generator = Degradation(stages), keyed_generator('demo', key)
        image = degradation.degrade(picture.to_tensor()[None].double(), degradation.sample_params(generator), generator)
    return replace(picture.filled_with(image[0]), name=f'{picture.name}, degraded')


def fuse_request(request: Request, inferencer: FusionInferencer, progress: Progress | None = None) -> Report:
    """Fuse what the fields say.

    Returns:
        The result with its steps and, if the pictures were degraded here, the clean ones.

    Raises:
        UserError: If something is missing or cannot be used.
    """
    sources = load_sources(request, inferencer.task)
    with steered(inferencer.model, request.steps, request.correction):
        (result,) = inferencer.stream([SourcePair(sources.name, *sources.observed)], sources.degradation,
                                      progress=progress, return_trajectory=True)
    return Report(result, dict(zip(inferencer.modalities, sources.clean, strict=False)))


def write_files(report: Report, folder: Path | None = None) -> Files:
    """Write everything that can be downloaded.

    Args:
        report: What was made.
        folder: Where to make a new folder; None = among temporary files.
    """
    target = Path(tempfile.mkdtemp(prefix='drfuse-', dir=folder))
    result = report.result
    stem = safe_name(result.report['name'])

    def save(picture: Picture, name: str) -> Path:
        return write_picture(target / f'{stem}_{name}{".tif" if picture.pixels.dtype.kind == "f" else ".png"}', picture)

    fused = save(result.picture, 'fused')
    page = write_report(report, target / f'{stem}_report.html')
    files = [fused, page, *(save(picture, f'{name}_restored') for name, picture in result.restored_pictures.items())]
    if result.weights is not None:
        first = next(iter(result.observed_pictures))
        files.append(write_png(target / f'{stem}_weight_of_{first}.png', torch.from_numpy(result.weights[0])))
    for name, text in (('degradation.yaml', degradation_yaml(result)), ('report.json', _numbers(report))):
        (target / f'{stem}_{name}').write_text(text, encoding='utf-8')
        files.append(target / f'{stem}_{name}')
    everything = target / f'{stem}.zip'
    with zipfile.ZipFile(everything, 'w', zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    return Files(fused, page, everything)


def _numbers(report: Report) -> str:
    metrics = {score.name: dict(score.values) for score in report.fused_scores}
    return json.dumps(dict(report.result.report, metrics=metrics), indent=1)
