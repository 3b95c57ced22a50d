"""Fusing clips: frame by frame in constant memory, with one degradation for the whole clip, and to be continued."""

from __future__ import annotations

import hashlib
import json
import shutil
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drfuse.apis.degradation_spec import SourceSpec, describe_stages
from drfuse.apis.frames import CODECS, FrameSource, write_video
from drfuse.apis.fusion_inferencer import FusionInferencer
from drfuse.apis.pairs import SourcePair
from drfuse.apis.picture import Picture
from drfuse.apis.picture_io import read_picture
from drfuse.apis.picture_writer import write_picture
from drfuse.apis.prepare import prepare_pair
from drfuse.apis.steady import steadied
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.config import UserError

SAMPLES = 5
"""Frames, spread over the clip, whose estimates are combined."""
SETTINGS = 'drfuse_clip.json'
"""Beside the finished frames: what they were made with."""
_FPS_TOLERANCE, _DEFAULT_FPS = 0.01, 25.0
PADS = ('error', 'shortest')


@dataclass(frozen=True)
class Clip:
    """Two clips that belong together, frame by frame.

    Attributes:
        a: Frames of the infrared or PET side.
        b: Frames of the visible or MRI side.
        frames: How many are fused.
        fps: Frames per second of a resulting video file.
    """

    a: FrameSource
    b: FrameSource
    frames: int
    fps: float

    def pairs(self, start: int = 0) -> Iterator[SourcePair]:
        """Yield the pairs from ``start`` on; one is held at a time.

        Raises:
            UserError: If a file ends before the number of frames that it names.
        """
        sources = self.a.read(start), self.b.read(start)
        for i in range(start, self.frames):
            frames = [next(source, None) for source in sources]
            for source, frame in zip((self.a, self.b), frames, strict=True):
                if frame is None:
                    raise UserError(f'{source.path} ends after {i} frames instead of {len(source)}: the file is '
                                    'damaged')
            yield SourcePair(self.b.names[i], *frames)


def match_clips(a: FrameSource, b: FrameSource, pad: str = 'error', fps: float | None = None) -> Clip:
    """Return two clips as one.

    Args:
        a: Frames of A.
        b: Frames of B.
        pad: ``'error'`` refuses clips of different length, ``'shortest'`` leaves out what has no partner.
        fps: Frames per second of the result; None = that of the files, which must agree, else 25.

    Raises:
        UserError: If they do not fit.
    """
    if pad not in PADS:
        raise UserError(f'pad must be one of {", ".join(PADS)}, got {pad!r}')
    if fps is not None and not 0 < fps <= 1000:  # noqa: PLR2004
        raise UserError(f'fps must be above 0 and at most 1000, got {fps}')
    if len(a) != len(b) and pad == 'error':
        raise UserError(f'{a.path} has {len(a)} frames and {b.path} {len(b)}: --pad shortest leaves out what has no '
                        'partner')
    known = [source.fps for source in (a, b) if source.fps]
    if fps is None and len(known) > 1 and abs(known[0] - known[1]) > _FPS_TOLERANCE * known[1]:
        raise UserError(f'{a.path} has {known[0]:g} frames per second and {b.path} {known[1]:g}: convert one, or give '
                        '--fps if they belong together frame by frame')
    return Clip(a, b, min(len(a), len(b)), fps or (known[-1] if known else _DEFAULT_FPS))


def settle_clip(clip: Clip, inferencer: FusionInferencer, specs: Sequence[SourceSpec],
                boundary: str = 'reflect') -> tuple[tuple[SourceSpec, ...], list[str]]:
    """Return one degradation for the whole clip, so that estimates do not flicker, and what is to be told.

    What is not given is estimated on :data:`SAMPLES` frames; the most frequent kind counts, with the medians.

    Args:
        clip: The frames.
        inferencer: Its modalities are those of the specifications.
        specs: What is known of each source.
        boundary: Border of estimated blurs.
    """
    count = 1 if all(spec.is_complete for spec in specs) else min(SAMPLES, clip.frames)
    found: list[list[list[dict[str, Any]]]] = [[] for _ in specs]
    warnings: list[str] = []
    for k in range(count):
        index = (2 * k + 1) * clip.frames // (2 * count)
        pair = SourcePair(clip.b.names[index], clip.a.sample(index), clip.b.sample(index))
        report = prepare_pair(pair, inferencer.modalities, specs, boundary,
                              register=k == 0 and inferencer.has_common_edges).report
        warnings += report['warnings']
        for stages, name in zip(found, inferencer.modalities, strict=True):
            stages.append(report['sources'][name]['stages'])
    origin = [spec.origin if spec.is_complete else f'estimated on {count} frames' for spec in specs]
    return tuple(SourceSpec(stages=tuple(combine_stages(stages)), origin=text)
                 for stages, text in zip(found, origin, strict=True)), warnings


def combine_stages(estimates: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the most frequent kind of degradation, with the median of every number in it."""
    kinds = Counter(tuple(stage['type'] for stage in stages) for stages in estimates)
    kind = kinds.most_common(1)[0][0]
    alike = [stages for stages in estimates if tuple(stage['type'] for stage in stages) == kind]
    return [{key: _median([stages[i].get(key, value) for stages in alike]) for key, value in stage.items()}
            for i, stage in enumerate(alike[0])]


def _median(values: list[Any]) -> Any:
    if all(isinstance(v, float) for v in values):
        return statistics.median(values)
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return statistics.median_low(values)
    return values[0]


@dataclass(frozen=True)
class ClipTarget:
    """Where a clip goes.

    Attributes:
        output: The video file, or the folder of frames.
        folder: The folder of the finished frames, PNG files; of a video file it lies beside it until that is written.
    """

    output: Path
    folder: Path

    @staticmethod
    def of(output: str | Path) -> ClipTarget:
        """Return the target of a path: a video file by its suffix, else a folder.

        Raises:
            UserError: If the suffix is that of no video file that is written.
        """
        path = Path(output).expanduser()
        if path.is_dir() or not path.suffix:
            return ClipTarget(path, path)
        if path.suffix.lower() not in CODECS:
            raise UserError(f'{path}: clips are written as {", ".join(CODECS)}, or as frames to a folder, not '
                            f'{path.suffix}')
        return ClipTarget(path, path.with_name(f'{path.name}.frames'))

    @property
    def is_file(self) -> bool:
        """Whether the result is a video file."""
        return self.output != self.folder

    def frame(self, name: str) -> Path:
        """Return the file of a frame."""
        return self.folder / f'{name}.png'


def open_target(target: ClipTarget, names: Sequence[str], settings: dict[str, Any], overwrite: bool,
                resume: bool) -> None:
    """Make the folder of frames ready: empty of our frames, or those of the same settings to be continued.

    Args:
        target: Where the clip goes.
        names: Of its frames.
        settings: What the frames depend on.
        overwrite: Replace what is there.
        resume: Keep finished frames.

    Raises:
        UserError: If there is something that may not be replaced, or was made with other settings.
    """
    if overwrite and resume:
        raise UserError('--overwrite and --resume exclude each other: give one of them')
    if target.is_file and target.output.exists() and not overwrite:
        raise UserError(f'{target.output} exists: --overwrite replaces it')
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    noted = dict(digest=digest, names=list(names), settings=settings)
    file = target.folder / SETTINGS
    before = _notes(file)
    busy = target.folder.is_dir() and any(target.folder.iterdir())
    if busy and not overwrite and not resume:
        raise UserError(f'{target.folder} is not empty: --overwrite replaces frames, --resume continues an unfinished '
                        'clip')
    if busy and resume:
        if any(before.get(key) != noted[key] for key in ('digest', 'names')):
            raise UserError(f'{target.folder} was made with other sources or settings: --overwrite starts again')
        return
    try:
        for name in {*names, *_own_names(before)} if busy else ():  # the clip before may have been longer
            target.frame(name).unlink(missing_ok=True)
        target.folder.mkdir(parents=True, exist_ok=True)
        write_atomic(json.dumps(noted, indent=1), file)
    except OSError as error:
        raise UserError(f'cannot write {target.folder}: {error.strerror or error}') from None


def _notes(file: Path) -> dict[str, Any]:
    """Return what is noted beside finished frames; nothing if the file is missing or damaged."""
    try:
        found = json.loads(file.read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _own_names(notes: dict[str, Any]) -> list[str]:
    """Return the names of frames in notes; they come from a file, and must not lead out of its folder."""
    names = notes.get('names')
    return [name for name in names if isinstance(name, str) and name and Path(name).name == name] \
        if isinstance(names, list) else []


def fuse_clip(clip: Clip, target: ClipTarget, inferencer: FusionInferencer, specs: Sequence[SourceSpec],
              gray: bool = False, chroma: str = 'guided', advance: Callable[[], None] = lambda: None,
              steady: bool = False) -> int:
    """Fuse what is not finished, and join the frames if the target is a video file.

    Args:
        clip: The frames.
        target: Opened by :func:`open_target`.
        inferencer: The model.
        specs: One degradation for the clip, from :func:`settle_clip`.
        gray: Grey frames.
        chroma: As of the inferencer.
        advance: Called for every frame that is finished, now or before.
        steady: Average over time what does not move (:func:`~drfuse.apis.steady.steadied`).

    Returns:
        How many frames were finished before.

    Raises:
        UserError: If a frame cannot be read, fused or written, or the video file lacks one; finished frames are kept.
    """
    names = clip.b.names[:clip.frames]
    start = next((i for i, name in enumerate(names) if not target.frame(name).is_file()), clip.frames)
    for _ in range(start):
        advance()
    last = read_picture(target.frame(names[start - 1])).pixels if steady and start else None
    for i, pair in enumerate(clip.pairs(start) if start < clip.frames else (), start):
        picture = fuse_frame(pair, inferencer, specs, gray, chroma)
        if steady:
            last = steadied(picture.pixels, last, i)
            picture = picture.with_pixels(last)
        write_picture(target.frame(pair.name), picture)
        advance()
    if target.is_file:
        write_video(target.output, [target.frame(name) for name in names], clip.fps)
        shutil.rmtree(target.folder)
    return start


def fuse_frame(pair: SourcePair, inferencer: FusionInferencer, specs: Sequence[SourceSpec], gray: bool,
               chroma: str) -> Picture:
    """Return one fused frame; unlike a picture of its own it is not registered again."""
    prepared = prepare_pair(pair, inferencer.modalities, specs, register=False)
    return inferencer.postprocess(prepared, inferencer.forward([prepared]), 0, gray, chroma).picture


def clip_settings(clip: Clip, inferencer: FusionInferencer, specs: Sequence[SourceSpec], gray: bool,
                  chroma: str, steady: bool = False) -> dict[str, Any]:
    """Return what the frames depend on, as plain values.

    The device is left out: in one precision, devices differ by rounding, and a clip that was begun on one may be
    continued on another. The precision is the one that is used, which may depend on the device.
    """
    return dict(a=str(clip.a.path), b=str(clip.b.path), frames=clip.frames, weights=inferencer.loaded.sha256,
                config=inferencer.loaded.config_sha256, task=inferencer.task, precision=inferencer.precision,
                gray=gray, chroma=chroma, steady=steady, degradation=[list(spec.stages or ()) for spec in specs],
                text=[describe_stages(list(spec.stages or ())) for spec in specs])
