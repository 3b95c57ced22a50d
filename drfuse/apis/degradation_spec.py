"""How a user says what was done to a picture: a preset, parts, a list of stages, a file, or nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from drfuse.degradations import Degradation
from drfuse.degradations.boundary import check_boundary
from drfuse.utils.config import UserError, config_errors

PRESETS = {'noise': (None, 0.003), 'blur': (2.0, None), 'composite': (2.0, 0.001)}
"""The paper's scenarios: standard deviation of the blur in pixels (kernel 21 x 21), variance of the noise."""

BLURS = 'none, gaussian:SIGMA, motion:LENGTH:ANGLE or defocus:RADIUS'
_PARTS = ('blur', 'noise', 'scale')
_FILES = ('.yaml', '.yml', '.json')
_BLUR_ARGUMENTS = {'gaussian': ('GaussianBlur', ('sigma',)), 'motion': ('MotionBlur', ('length', 'angle')),
                   'defocus': ('DefocusBlur', ('radius',))}

Stages = tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class SourceSpec:
    """What is known of one source's degradation; None = to be estimated.

    Attributes:
        blur: The blur as stages, ``()`` = sharp.
        noise: Standard deviation per stored channel on the [0, 1] scale.
        scale: Low-resolution factor.
        stages: Everything, as configs of :data:`drfuse.registry.DEGRADATIONS` in order; the rest is then not used.
        noise_first: Whether the noise came before the resolution was lost, y = S(B x + n), as in the paper's
            scenarios; else the noise is that of the file as it is.
        origin: Where it comes from, for the report.
    """

    blur: Stages | None = None
    noise: float | None = None
    scale: int | None = None
    stages: Stages | None = None
    noise_first: bool = False
    origin: str = 'given'

    @property
    def is_complete(self) -> bool:
        """Whether nothing but the factor, which the sizes tell, is left to estimate."""
        return self.stages is not None or (self.blur is not None and self.noise is not None)

    @property
    def factor(self) -> int | None:
        """The known low-resolution factor: given, or that of the stages."""
        if self.stages is None:
            return self.scale
        factors = [stage['factor'] for stage in self.stages if 'factor' in stage]
        return math.prod(factors) if factors else self.scale


def parse_degradation(value: Any, modalities: Sequence[str], boundary: str = 'reflect') -> tuple[SourceSpec, ...]:
    """Return what a user said of each source.

    Args:
        value: Specifications already; None (estimate); a name of :data:`PRESETS`; the path of a YAML or JSON file;
            or a mapping with the keys ``a`` and ``b``, or the names of the modalities, to None, a list of stage
            configs, or a mapping with any of ``blur`` (a text as in :data:`BLURS`), ``noise`` and ``scale``.
        modalities: Names of the sources, A first.
        boundary: Border of blurs that do not name one: ``'circular'``, ``'reflect'`` or ``'zero'``.

    Returns:
        One specification for each source.

    Raises:
        FileNotFoundError: If the file is missing.
        UserError: If it is none of these; the message says what is allowed.
    """
    try:
        check_boundary(boundary)
    except ValueError as error:
        raise UserError(error) from None
    if value is None:
        return tuple(SourceSpec() for _ in modalities)
    if isinstance(value, tuple) and len(value) == len(modalities) and all(isinstance(s, SourceSpec) for s in value):
        return value
    if isinstance(value, str) and value in PRESETS:
        return tuple(preset(value, boundary) for _ in modalities)
    if isinstance(value, str | Path):
        value = _read_file(value)
    if not isinstance(value, Mapping):
        raise UserError(f'degradation must be one of {", ".join(PRESETS)}, a .yaml file or a mapping with the keys '
                        f'{", ".join(modalities)}, got a {type(value).__name__}')
    known = _by_source(value, modalities)
    return tuple(_source(known.get(i), name, boundary) for i, name in enumerate(modalities))


def preset(name: str, boundary: str = 'reflect') -> SourceSpec:
    """Return one of the paper's scenarios for one source; the factor is left to the sizes."""
    sigma, variance = PRESETS[name]
    blur = () if sigma is None else (dict(type='GaussianBlur', sigma=sigma, kernel_size=21, boundary=boundary),)
    return SourceSpec(blur, 0.0 if variance is None else variance**0.5, noise_first=True, origin=f'preset {name}')


def parse_blur(text: str, boundary: str = 'reflect') -> Stages:
    """Return a blur written as :data:`BLURS` as stages.

    Raises:
        UserError: If it is none of these.
    """
    kind, *numbers = str(text).split(':')
    if kind == 'none' and not numbers:
        return ()
    stage, arguments = _BLUR_ARGUMENTS.get(kind, ('', ()))
    try:
        values = [float(number) for number in numbers]
    except ValueError:
        values = []
    if not stage or len(values) != len(arguments):
        raise UserError(f'a blur is {BLURS}, got {text!r}')
    return _checked_stages((dict(type=stage, **dict(zip(arguments, values, strict=True)), boundary=boundary),),
                           f'blur {text!r}')


def override(spec: SourceSpec, blur: str | None, noise: float | None, scale: int | None, name: str,
             boundary: str = 'reflect') -> SourceSpec:
    """Return the specification with the parts that were given in its place.

    Args:
        spec: What was known before.
        blur: As :func:`parse_blur`; None = leave.
        noise: Standard deviation; None = leave.
        scale: Factor; None = leave.
        name: How messages call the source.
        boundary: Border of the blur.

    Raises:
        UserError: If a part is out of range, or the specification is a list of stages.
    """
    parts = {key: part for key, part in zip(_PARTS, (blur, noise, scale), strict=True) if part is not None}
    if not parts:
        return spec
    if spec.stages is not None:
        raise UserError(f'{name} is described by a list of stages and by {", ".join(parts)}: give one of them')
    given = _parts(parts, name, boundary)
    changes: dict[str, Any] = {key: getattr(given, key) for key in parts}
    if noise is not None:
        changes['noise_first'] = False
    return replace(spec, **changes, origin='given' if given.is_complete else spec.origin)


def describe_stages(stages: Sequence[Mapping[str, Any]]) -> str:
    """Return stages in words, for people: ``Gaussian blur 2 px, noise 0.0316 (8.1/255), resolution 1/4``."""
    words = []
    for stage in stages:
        kind, value = stage['type'], {k: v for k, v in stage.items() if isinstance(v, int | float)}
        if kind == 'GaussianBlur':
            words.append(f'Gaussian blur {value.get("sigma", 0):.3g} px')
        elif kind == 'GaussianNoise':
            words.append(f'noise {value.get("sigma", 0):.3g} ({255 * value.get("sigma", 0):.1f}/255)')
        elif 'factor' in value:
            words.append(f'resolution 1/{value["factor"]}')
        else:
            words.append(' '.join([kind, *(f'{k} {v:.3g}' for k, v in value.items())]))
    return ', '.join(words) or 'no degradation'


def _read_file(value: str | Path) -> Any:
    path = Path(value).expanduser()
    if path.suffix.lower() not in _FILES:
        raise UserError(f'degradation must be one of {", ".join(PRESETS)} or a file ({", ".join(_FILES)}), '
                        f'got {str(value)!r}')
    if not path.is_file():
        raise FileNotFoundError(f'no degradation file {path}')
    try:
        return yaml.safe_load(path.read_text(encoding='utf-8')) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, 'problem_mark', None), 'line', None)
        where = '' if line is None else f', line {line + 1}'
        raise UserError(f'{path}{where} is not YAML: {getattr(error, "problem", error)}') from None


def _by_source(value: Mapping, modalities: Sequence[str]) -> dict[int, Any]:
    """Return position of the source to what is said of it; each may be named by its letter or its modality, once."""
    keys: dict[int, Any] = {}
    for name in value:
        i = _key(name, modalities)
        if i in keys:
            raise UserError(f'degradation names {modalities[i]} twice, as {keys[i]!r} and {name!r}: give one of them')
        keys[i] = name
    return {i: value[name] for i, name in keys.items()}


def _key(name: Any, modalities: Sequence[str]) -> int:
    """Return the position of the source that a key means."""
    letters = [chr(ord('a') + i) for i in range(len(modalities))]
    for names in (list(modalities), letters):
        if name in names:
            return names.index(name)
    raise UserError(f'degradation names {name!r}; the sources are {", ".join(letters)}, or {", ".join(modalities)}')


def _source(value: Any, name: str, boundary: str) -> SourceSpec:
    if value is None:
        return SourceSpec()
    if isinstance(value, Mapping) and 'type' not in value:
        return _parts(value, name, boundary)
    if isinstance(value, list | tuple) and all(isinstance(stage, Mapping) for stage in value):
        return SourceSpec(stages=_checked_stages(tuple(dict(stage) for stage in value), f'degradation of {name}'))
    raise UserError(f'degradation of {name} must be a list of stages or a mapping of {", ".join(_PARTS)}, '
                    f'got {value!r}')


def _parts(parts: Mapping, name: str, boundary: str) -> SourceSpec:
    for key in parts:
        if key not in _PARTS:
            raise UserError(f'degradation of {name} has no part {key!r}; allowed are {", ".join(_PARTS)}')
    noise, scale, blur = parts.get('noise'), parts.get('scale'), parts.get('blur')
    if noise is not None and not (isinstance(noise, int | float) and 0 <= noise <= 1):
        raise UserError(f'noise of {name} must be in 0..1, the standard deviation on the [0, 1] scale '
                        f'(8-bit levels / 255), got {noise!r}')
    if scale is not None and not (isinstance(scale, int) and 1 <= scale <= 16):  # noqa: PLR2004
        raise UserError(f'scale of {name} must be an integer in 1..16, got {scale!r}')
    return SourceSpec(None if blur is None else parse_blur(blur, boundary),
                      None if noise is None else float(noise), scale)


def _checked_stages(stages: Stages, source: str) -> Stages:
    """Return the stages if they can be built and nothing in them is left to chance."""
    with config_errors(source):
        for stage in stages:
            if not isinstance(stage.get('type'), str):
                raise UserError(f'{source}: every stage needs a type, got {stage}')
            Degradation([stage]).resolve(None).sample_params(None)
    return stages
