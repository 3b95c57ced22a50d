"""One call that restores and fuses any pair."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from drfuse.apis.backends import ExportedBackend, check_backend
from drfuse.apis.degradation_spec import SourceSpec, parse_degradation
from drfuse.apis.fit import doubted
from drfuse.apis.fusion_result import FusionResult
from drfuse.apis.model_zoo import load_model
from drfuse.apis.painter import LazyPictures, Painter
from drfuse.apis.pairs import SourcePair, match_sources
from drfuse.apis.precision import PRECISIONS, accelerate, choose_precision
from drfuse.apis.prepare import PreparedPair, prepare_pair
from drfuse.apis.tiling import ROUNDING, check_tile, fuse_any_size
from drfuse.apis.tiling.tiled import Progress
from drfuse.apis.trajectory import Trajectory, record_trajectory
from drfuse.degradations import Observation
from drfuse.degradations.recent import RecentOperators
from drfuse.diffusion.output import FusionOutput
from drfuse.models.fusion_models.base_fusion_model import CHROMA
from drfuse.registry import INFERENCERS
from drfuse.utils.config import UserError
from drfuse.utils.heap import kept_heap

COLOUR_SOURCE = dict(ivf=1, mif=0)
"""Task to the position of the source that gives the colour: the visible image, the PET image."""


@INFERENCERS.register_module()
class FusionInferencer:
    """Restores and fuses pairs of pictures.

    The steps have the names of MMEngine's ``BaseInferencer`` (:meth:`preprocess`, :meth:`forward`,
    :meth:`postprocess`), and a subclass replaces one of them. It is not a subclass itself: that class takes one input
    where a pair needs two, finds models by a list of projects that is fixed in MMEngine, and downloads weights.

    Args:
        model: Name of a model of ``drfuse models`` (``'ivf'``, ``'mif'``), or a config file with ``weights``.
        weights: Checkpoint; None = that of the named model, which must have its hash. Nothing is downloaded.
        device: None = CUDA where there is one, else the CPU.
        precision: Of the network: ``'float32'``, ``'bfloat16'``, or ``'auto'``
            (:func:`~drfuse.apis.precision.choose_precision`). The degradation's operators always work in float32.
        folder: Folder with ``metafile.yml`` and weights; None = drfuse's own.
        task: ``'ivf'`` or ``'mif'``, which settles where the colour comes from; None = the model's.
        accelerated: Replace the network by a faster form of it, where it has one; False runs it as it was trained.
        backend: One of :data:`~drfuse.apis.backends.BACKENDS`; all but ``'pytorch'`` run an exported graph.
        exported: File of ``drfuse export`` for such a backend; None = one that is made at the first use and kept
            (:class:`~drfuse.apis.backends.ExportedBackend`).

    Raises:
        UserError: If the model, its weights, the device, precision or backend cannot be had, or the task is another
            one.

    Example:
        ``result = FusionInferencer('ivf')('ir.png', 'visible.jpg', degradation='composite'); result.save('fused.jpg')``
    """

    def __init__(self, model: str | Path = 'ivf', weights: str | Path | None = None,
                 device: str | torch.device | None = None, precision: str = 'auto',
                 folder: str | Path | None = None, task: str | None = None, accelerated: bool = True,
                 backend: str = 'pytorch', exported: str | Path | None = None) -> None:
        if precision not in PRECISIONS:
            raise UserError(f'precision must be one of {", ".join(PRECISIONS)}, got {precision!r}')
        check_backend(backend, exported, precision, device)
        if backend != 'pytorch':
            precision, device = 'float32', 'cpu'
        self.loaded = load_model(model, weights, device, folder)
        self.model, self.task, self.modalities = self.loaded.model, self.loaded.task, self.loaded.modalities
        if task is not None and task not in COLOUR_SOURCE:
            raise UserError(f'task must be one of {", ".join(COLOUR_SOURCE)}, got {task!r}')
        if task is not None and task != self.task and self.loaded.listed:
            raise UserError(f'the model {self.loaded.name} is for the task {self.task}, not {task}')
        self.task = task or self.task
        self.device = next(self.model.parameters()).device
        self.precision = choose_precision(precision, self.loaded.keeps_bfloat16, self.device)
        self.backend = backend
        self._graph = None if backend == 'pytorch' else ExportedBackend(backend, self.loaded, exported)
        self._recent, self._accelerated = RecentOperators(), accelerated
        self._needs_autocast = not (accelerated and accelerate(self.model, self.precision))

    @property
    def has_common_edges(self) -> bool:
        """Whether a shift of the sources can be measured: edges of PET and MRI lie in different places."""
        return self.task == 'ivf'

    def __call__(self, a: Any, b: Any, degradation: Any = None, *, boundary: str = 'reflect', gray: bool = False,
                 chroma: str = 'guided', align: bool = False, batch_size: int = 1, tile: int | str = 'auto',
                 progress: Progress | None = None,
                 return_trajectory: bool = False) -> FusionResult | list[FusionResult]:
        """Restore and fuse.

        Args:
            a: The infrared or PET side: a path, a PIL image, an array, a tensor, a folder, or a list or batch of these
                (:func:`~drfuse.apis.picture.as_picture` has shapes and ranges).
            b: The visible or MRI side, of the same kind.
            degradation: What was done to the sources: a preset (``'noise'``, ``'blur'``, ``'composite'``), a YAML file,
                a mapping with the keys a and b (:func:`~drfuse.apis.degradation_spec.parse_degradation`), or None to
                estimate it.
            boundary: Border of blurs: ``'reflect'``, ``'zero'`` or ``'circular'``.
            gray: Give a grey result, also for colour sources.
            chroma: ``'guided'`` restores the colour with the restored luminance, ``'observed'`` takes it as it is.
            align: Infrared-visible: move A by the shift that is measured between the two, if it is reliable. Else a
                shift of some pixels is a warning.
            batch_size: Most pairs to run at once; pairs of different size or degradation are run one by one.
            tile: ``'auto'`` computes pictures that do not fit into memory in tiles, ``'off'`` never; or the side of
                tiles in pixels.
            progress: Called with the number of finished tiles and of all, where there are tiles.
            return_trajectory: Run once more to record every step; of large pictures, the middle.

        Returns:
            One result for one pair, else a list in the order of the pairs.

        Raises:
            FileNotFoundError: If a file is missing.
            UserError: If an argument or a picture cannot be used.
        """
        sources = match_sources(a, b)
        results = list(self.stream(sources.pairs, degradation, boundary=boundary, gray=gray, chroma=chroma,
                                   align=align, batch_size=batch_size, tile=tile, progress=progress,
                                   return_trajectory=return_trajectory))
        for result in results:
            for text in result.report['warnings']:
                warnings.warn(f'{result.report["name"]}: {text}', stacklevel=2)
        return results[0] if sources.single else results

    def stream(self, pairs: Iterable[SourcePair], degradation: Any = None, *, boundary: str = 'reflect',
               gray: bool = False, chroma: str = 'guided', align: bool = False, batch_size: int = 1,
               tile: int | str = 'auto', progress: Progress | None = None,
               return_trajectory: bool = False) -> Iterator[FusionResult]:
        """Yield the result of each pair as it is done, in order; arguments as of a call."""
        if chroma not in CHROMA:
            raise UserError(f'chroma must be one of {", ".join(CHROMA)}, got {chroma!r}')
        if align and not self.has_common_edges:
            raise UserError(f'only infrared-visible pairs can be aligned by their edges; the task is {self.task}')
        if not isinstance(batch_size, int) or batch_size < 1:
            raise UserError(f'batch_size must be an integer >= 1, got {batch_size!r}')
        check_tile(tile)
        specs = parse_degradation(degradation, self.modalities, boundary)
        prepared = (self.preprocess(pair, specs, boundary, align) for pair in pairs)
        for group in grouped(prepared, batch_size):
            start = time.perf_counter()
            output = self.forward(group, tile, progress)
            seconds = (time.perf_counter() - start) / len(group)
            for i, pair in enumerate(group):
                pair.report['seconds']['network'] = seconds
                result = self.postprocess(pair, output, i, gray, chroma)
                yield replace(result, trajectory=self.trajectory(pair)) if return_trajectory else result

    def preprocess(self, pair: SourcePair, specs: tuple[SourceSpec, ...], boundary: str = 'reflect',
                   align: bool = False) -> PreparedPair:
        """Read a pair and attach what is known, or estimated, of its degradation."""
        with self._heap():
            prepared = prepare_pair(pair, self.modalities, specs, boundary, self.has_common_edges, align)
        coloured = [name for name in self.modalities if name in prepared.chroma]
        wanted = self.modalities[COLOUR_SOURCE[self.task]]
        if coloured and wanted not in coloured:
            other, own = (prepared.report['sources'][name]['source'] for name in (coloured[0], wanted))
            prepared.report['warnings'] += [
                f'{other} has colours, but they are taken from {own}, the {wanted} side, which is grey: are A and B '
                'swapped?']
        return prepared

    def forward(self, pairs: list[PreparedPair], tile: int | str = 'auto',
                progress: Progress | None = None) -> FusionOutput:
        """Run the model on pairs of one size and one kind of degradation; ``tile`` and ``progress`` as of a call.

        Returns:
            Restored sources, fused luminance and weights, float32, batched in the order of the pairs, on the CPU.
        """
        inputs = {name: Observation.stack([pair.inputs[name] for pair in pairs]) for name in self.modalities}
        rounding = ROUNDING if self.precision == 'bfloat16' else 0.0
        with self._heap():
            output, report = fuse_any_size(self._run, inputs, self.model, tile, self.device, progress, rounding)
        for pair in pairs:
            pair.report['tiling'] = report.as_dict()
            pair.report['warnings'] = [*pair.report['warnings'], *report.warnings]
        return output

    @torch.no_grad()
    def _run(self, inputs: dict[str, Observation]) -> FusionOutput:
        """Return what the model makes of observations, float32, on the CPU."""
        if self._graph is not None:
            return self._graph(inputs)
        inputs = self._recent(self.model.data_preprocessor(dict(inputs=inputs))['inputs'])
        with self._autocast(), self._heap():
            output = self.model(inputs, mode='tensor')
        return output.map(lambda image: image.float().cpu())

    @torch.no_grad()
    def trajectory(self, pair: PreparedPair) -> Trajectory | None:
        """Run the model on one pair again and return every step, None for a model without steps."""
        with self._autocast():
            return record_trajectory(self.model, pair.inputs)

    def _heap(self) -> AbstractContextManager[None]:
        return kept_heap() if self._accelerated else nullcontext()

    def _autocast(self) -> torch.autocast:
        half = self.precision == 'bfloat16' and self._needs_autocast
        return torch.autocast(self.device.type, torch.bfloat16 if half else None, enabled=half)

    def postprocess(self, pair: PreparedPair, output: FusionOutput, index: int, gray: bool = False,
                    chroma: str = 'guided') -> FusionResult:
        """Give one pair of a batch its colours and the form of its sources.

        Raises:
            UserError: If the model returned values that are no numbers.
        """
        start = time.perf_counter()
        if not all(bool(torch.isfinite(x[index].sum())) for x in (*output.sources, output.fused)):
            raise UserError(f'{self.loaded.name} returned values that are no numbers for {pair.name}: its degradation '
                            f'is far from what {self.loaded.weights} was trained on, or these weights do not fit')
        # in place: a large picture is not kept twice
        sources, fused = [x[index].clamp_(0, 1) for x in output.sources], output.fused[index].clamp_(0, 1)
        restored = dict(zip(self.modalities, sources, strict=True))
        painter = Painter(pair, restored, chroma, gray)
        entries, doubts = doubted(pair.report['sources'], pair.inputs, restored)
        colour_from = self.modalities[COLOUR_SOURCE[self.task]]
        with self._heap():
            picture = painter.paint(pair.form, fused, colour_from)
        pictures = LazyPictures(painter, dict(zip(self.modalities, pair.pictures, strict=True)))
        luminance = {name: x[0].numpy() for name, x in zip((*self.modalities, 'fused'), (*sources, fused), strict=True)}
        seconds = dict(pair.report['seconds'], finish=time.perf_counter() - start)
        report = dict(pair.report, sources=entries, warnings=[*pair.report['warnings'], *doubts],
                      model=self.loaded.name, weights_sha256=self.loaded.sha256, task=self.task,
                      device=str(self.device), precision=self.precision, backend=self.backend,
                      colour_from=colour_from if painter.has_colour(colour_from) else None, seconds=seconds)
        observed = dict(zip(self.modalities, pair.pictures, strict=True))
        weights = None if output.weights is None else output.weights[index].numpy()
        return FusionResult(picture, pictures, weights, luminance, report, observed)


def grouped(pairs: Iterable[PreparedPair], size: int) -> Iterator[list[PreparedPair]]:
    """Yield lists of up to ``size`` consecutive pairs whose observations can be stacked."""
    group: list[PreparedPair] = []
    for pair in pairs:
        if group and _signature(pair) != _signature(group[0]):
            yield group
            group = []
        group.append(pair)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def _signature(pair: PreparedPair) -> list[tuple]:
    return [(tuple(o.y.shape), repr(o.A.operator), o.A.image_shape) for o in pair.inputs.values()]
