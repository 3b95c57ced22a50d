"""Training curves from the scalar logs of a work directory."""

import json
from collections.abc import Sequence
from pathlib import Path

from drfuse.utils.config import UserError

Curve = list[tuple[float, float]]


def read_scalars(work_dir: str | Path) -> dict[str, Curve]:
    """Read the scalar logs of all runs in a work directory, oldest first.

    A resumed run continues the curve: where two runs logged the same iteration the later one counts.

    Args:
        work_dir: Folder that holds ``<time>/vis_data/scalars.json``.

    Returns:
        Name to (iteration, value) pairs in order.

    Raises:
        UserError: If there is no log.
    """
    files = sorted(Path(work_dir).glob('*/vis_data/scalars.json')) or sorted(Path(work_dir).glob('scalars.json'))
    if not files:
        raise UserError(f'no */vis_data/scalars.json in {work_dir}')
    curves: dict[str, dict[float, float]] = {}
    records = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    for record in records:
        step = record.get('iter', record.get('step'))
        for name in record.keys() - {'iter', 'step', 'epoch'}:
            if isinstance(record[name], int | float):
                curves.setdefault(name, {})[step] = float(record[name])
    return {name: sorted(points.items()) for name, points in sorted(curves.items())}


def select(curves: dict[str, Curve], words: Sequence[str]) -> dict[str, Curve]:
    """Return the curves whose name contains one of the words, in any case."""
    return {n: c for n, c in curves.items() if any(w.lower() in n.lower() for w in words)}


def plot_curves(work_dir: str | Path, out: str | Path,
                groups: Sequence[Sequence[str]] = (('loss',), ('psnr',))) -> Path:
    """Plot groups of curves below each other.

    Args:
        work_dir: Of a training run.
        out: Image file to write.
        groups: Per plot, words of which a curve's name contains one.

    Returns:
        The path written.

    Raises:
        UserError: If there is no log, or no curve has such a name.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow to import
    from matplotlib.figure import Figure  # noqa: PLC0415
    curves = read_scalars(work_dir)
    found = [(words, chosen) for words in groups if (chosen := select(curves, words))]
    if not found:
        raise UserError(f'no curve in {work_dir} is named like {[list(g) for g in groups]}; there are {sorted(curves)}')
    figure = Figure(figsize=(8, 3.2 * len(found)), layout='constrained')
    FigureCanvasAgg(figure)
    for axes, (words, chosen) in zip(figure.subplots(len(found), squeeze=False)[:, 0], found, strict=True):
        for name, points in chosen.items():
            axes.plot(*zip(*points, strict=True), label=name, marker='.' if len(points) < 30 else None)
        axes.set(xlabel='iteration', ylabel=', '.join(words))
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7)
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=120)
    return out
