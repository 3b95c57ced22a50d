"""The page: one file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path

import cv2
import jinja2
import numpy as np

from drfuse.apis.fusion_result import FusionResult
from drfuse.apis.picture import Picture
from drfuse.report.panels import Panel, result_panels, step_panels, weight_map
from drfuse.report.scores import LARGEST, FusedScore, RestoredScore, check_clean, score_fused, score_restored
from drfuse.report.settings import STEPS, degradation_yaml, setting_rows, source_rows, versions
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.config import UserError
from drfuse.utils.environment import machine

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Report:
    """What a page shows.

    Attributes:
        result: Of :class:`~drfuse.apis.FusionInferencer`, best with ``return_trajectory=True``.
        clean: Modality to the clean source at full size: the restored sources are then compared with them, and the
            fused picture is measured against them as well.
        command: The command line, if there was one.
        created: When; None = now.
    """

    result: FusionResult
    clean: Mapping[str, Picture] = field(default_factory=dict)
    command: str = ''
    created: datetime | None = None

    @cached_property
    def fused_scores(self) -> list[FusedScore]:
        """Metrics of the fused picture, computed once."""
        check_clean(self.clean, self.result)
        return score_fused(self.result, self.clean)

    @cached_property
    def restored_scores(self) -> list[RestoredScore]:
        """The sources against the clean ones, computed once."""
        check_clean(self.clean, self.result)
        return score_restored(self.result, self.clean)


def render_report(report: Report) -> str:
    """Return the page as HTML.

    Pictures are PNG inside the page, as large as :mod:`drfuse.report.panels` says. A content security policy forbids
    the page to load anything, and to run any script but its own.

    Raises:
        UserError: If clean pictures do not fit.
    """
    result = report.result
    height, width = result.picture.shape
    script = (FOLDER / 'report.js').read_text(encoding='utf-8')
    style = (FOLDER / 'report.css').read_text(encoding='utf-8')
    window = result.trajectory.window if result.trajectory else None
    shape = window.shape if window else (height, width)
    style += f':root {{ --ratio: {width} / {height}; --step-ratio: {shape[1]} / {shape[0]}; }}\n'
    scores = report.fused_scores
    return _template().render(
        report=result.report, command=report.command, style=style, script=script, style_hash=_hash(style),
        script_hash=_hash(script), created=(report.created or datetime.now()).isoformat(' ', 'minutes'),
        width=width, height=height, panels=result_panels(result), steps=step_panels(result),
        cut=None if shape == (height, width) else f'{shape[1]} x {shape[0]}', legend=Panel('', '', _legend()),
        first=next(iter(result.observed_pictures)), scores=scores, against=list(scores[0].values) if scores else [],
        largest=LARGEST, restored=report.restored_scores, sources=source_rows(result),
        settings=setting_rows(result), yaml=degradation_yaml(result), versions=versions(), machine=machine(),
        seconds=[*((STEPS.get(step, step), value) for step, value in result.report['seconds'].items()),
                 ('together', sum(result.report['seconds'].values()))])


def write_report(report: Report, path: str | Path) -> Path:
    """Write the page; the file is complete or absent at any time, and missing folders are made.

    Args:
        report: What to show.
        path: File; it is replaced if it exists.

    Returns:
        The path.

    Raises:
        UserError: If clean pictures do not fit, or the file cannot be written.

    Example:
        ``write_report(Report(fuse('ir.png', 'vis.png', return_trajectory=True)), 'out.html')``
    """
    path = Path(path)
    page = render_report(report)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(page, path)
    except OSError as error:
        raise UserError(f'cannot write {path}: {error.strerror or error}') from None
    return path


@cache
def _template() -> jinja2.Template:
    """Return the template; whatever goes into it is escaped, but for the page's own style and script."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True,
                                     lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters.update(png=png_uri, number=number)
    return environment.get_template('report.html')


def png_uri(image: np.ndarray) -> str:
    """Return an image, (H, W) or (H, W, 3) RGB, uint8, as the address of an inline PNG."""
    data = cv2.imencode('.png', image[..., ::-1] if image.ndim == 3 else image)[1].tobytes()
    return f'data:image/png;base64,{base64.b64encode(data).decode()}'


def number(value: float, digits: int = 4) -> str:
    """Return a value for a table; ``-`` if it is undefined."""
    return '-' if math.isnan(value) else f'{value:.{digits}f}'


def _hash(text: str) -> str:
    return f'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'


def _legend() -> np.ndarray:
    """Return the colours of the weights from 0 to 1, in one row."""
    return weight_map(np.linspace(0, 1, 256, dtype=np.float32)[None])
