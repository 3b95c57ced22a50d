"""Tables and files of a test."""

import csv
import io
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from drfuse.utils.checkpoint import write_atomic
from drfuse.version import __version__


@dataclass
class Report:
    """What a test found out.

    Attributes:
        config: Name of the config file.
        checkpoint: Name of the checkpoint file, ``none`` for a model without parameters.
        checkpoint_sha256: Its SHA-256, empty without one.
        data: Source of the pixels tested on (``files``, ``embedded-synthetic``).
        trained_on: Source of the pixels trained on.
        means: Metric to mean over the images.
        per_image: File stem to metric to value.
    """

    config: str
    checkpoint: str
    checkpoint_sha256: str
    data: str
    trained_on: str
    means: dict[str, float]
    per_image: dict[str, dict[str, float]]
    versions: dict[str, str] = field(default_factory=lambda: dict(drfuse=__version__, torch=torch.__version__))

    @staticmethod
    def collect(metrics: Iterable[Any]) -> dict[str, dict[str, float]]:
        """Join the ``per_image`` tables of metrics; names carry the metric's prefix as in the means."""
        joined: dict[str, dict[str, float]] = {}
        for metric in metrics:
            prefix = f'{metric.prefix}/' if getattr(metric, 'prefix', None) else ''
            for stem, values in (getattr(metric, 'per_image', None) or {}).items():
                joined.setdefault(stem, {}).update({f'{prefix}{name}': v for name, v in values.items()})
        return joined

    def to_json(self) -> str:
        """Return the report as JSON; values that are not finite become null."""
        return json.dumps(_finite(asdict(self)), indent=2)

    def to_csv(self) -> str:
        """Return one line per image: stem, data source, metrics."""
        names = list(dict.fromkeys(name for values in self.per_image.values() for name in values))
        text = io.StringIO()
        writer = csv.writer(text, lineterminator='\n')
        writer.writerow(['stem', 'data', *names])
        for stem, values in self.per_image.items():
            writer.writerow([stem, self.data, *(values.get(name, '') for name in names)])
        return text.getvalue()


def write_report(report: Report, path: str | Path) -> tuple[Path, Path]:
    """Write ``path`` (JSON) and the CSV beside it; return both paths."""
    path = Path(path).with_suffix('.json')
    path.parent.mkdir(parents=True, exist_ok=True)
    table = path.with_suffix('.csv')
    write_atomic(report.to_json(), path)
    write_atomic(report.to_csv(), table)
    return path, table


def print_report(report: Report, console: Console | None = None) -> None:
    """Print the table of means, with the data source above it."""
    console = console or Console()
    digest = f' (sha256 {report.checkpoint_sha256[:12]})' if report.checkpoint_sha256 else ''
    console.print(f'config: {report.config}  checkpoint: {report.checkpoint}{digest}', highlight=False)
    console.print(f'data: {report.data}  (trained on: {report.trained_on})  images: {len(report.per_image)}',
                  highlight=False)
    table = Table('metric', 'mean', 'min', 'max', 'images')
    for name, mean in report.means.items():
        values = [v[name] for v in report.per_image.values() if name in v]
        low, high = (f'{min(values):.4f}', f'{max(values):.4f}') if values else ('', '')
        table.add_row(name, f'{mean:.4f}', low, high, str(len(values)) if values else '')
    console.print(table)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
