"""Draw how every metric reacts to noise, blur and contrast of a good fused image.

python tools/analysis_tools/plot_metric_reactions.py [--out docs/images/metric_reactions.png] [--sources DIR DIR]

A cell compares the changed image with the unchanged one: purple = the metric calls it better, orange = worse.
A CSV file with the numbers is written beside the picture.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from scipy.ndimage import gaussian_filter

from drfuse.datasets.synthetic import draw_road_scene
from drfuse.engine.app import run_app
from drfuse.evaluation.convention import luminance, read_luminance
from drfuse.evaluation.folders import match_sources
from drfuse.evaluation.functional import CATALOG, PAPER_METRICS, measure

mpl.use('Agg')

import matplotlib.pyplot as plt  # noqa: E402 - behind the choice of the backend
from matplotlib.axes import Axes  # noqa: E402

Image = np.ndarray
Change = Callable[[Image, np.random.Generator], Image]

_SIZE, _SCENES = (240, 320), 4
_MIDDLE = 128
_DARK = 0.75
_ALIKE = ('NMI_geometric', 'NMI_minimum', 'NMI_maximum', 'NMI_joint')  # react like NMI_arithmetic


def _noise(sigma: float) -> Change:
    return lambda x, rng: x + rng.normal(0, sigma, x.shape)


def _blur(sigma: float) -> Change:
    return lambda x, _: gaussian_filter(x, sigma)


def _contrast(gain: float) -> Change:
    return lambda x, _: _MIDDLE + gain * (x - _MIDDLE)


CHANGES: dict[str, Change] = {
    **{f'noise {sigma}': _noise(sigma) for sigma in (5, 10, 25, 50)},
    **{f'blur {sigma:g}': _blur(sigma) for sigma in (0.7, 1.5, 3)},
    **{f'contrast x{gain:g}': _contrast(gain) for gain in (0.5, 0.8, 1.25, 1.6)}}
"""Standard deviation of noise in grey levels, of blur in pixels, factor on the distance from middle grey."""


def scenes() -> list[tuple[Image, Image]]:
    """Return pairs of infrared and visible luminance, drawn in memory."""
    pairs = (draw_road_scene(_SIZE, np.random.default_rng(seed)) for seed in range(_SCENES))
    return [(luminance(pair['ir']), luminance(pair['vis'])) for pair in pairs]


def fuse(sources: Sequence[Image]) -> Image:
    """Return a good fused image by simple means: average of the blurred sources plus the stronger detail."""
    a, b = (x.astype(float) for x in sources)
    base_a, base_b = gaussian_filter(a, 4), gaussian_filter(b, 4)
    detail_a, detail_b = a - base_a, b - base_b
    return (base_a + base_b) / 2 + np.where(np.abs(detail_a) > np.abs(detail_b), detail_a, detail_b)


def quantise(image: Image) -> Image:
    """Return grey levels as uint8, rounded half up."""
    return np.floor(image.clip(0, 255) + 0.5).astype(np.uint8)


def react(pairs: Sequence[tuple[Image, Image]], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return metric -> ('unchanged' or change) -> mean value over the pairs."""
    sums: dict[str, dict[str, float]] = {name: {} for name in names}
    for index, pair in enumerate(pairs):
        fused = fuse(pair)
        changes = {'unchanged': lambda x, _: x, **CHANGES}
        for title, change in changes.items():
            image = quantise(change(fused, np.random.default_rng(index)))
            for name, score in measure(image, pair, names).items():
                sums[name][title] = sums[name].get(title, 0) + score.value / len(pairs)
    return sums


def verdicts(values: dict[str, dict[str, float]]) -> dict[str, list[float]]:
    """Return metric -> change of its goodness per column, divided by the largest of the row."""
    table = {}
    for name, row in values.items():
        good = CATALOG[name].goodness
        steps = [good(row[title]) - good(row['unchanged']) for title in CHANGES]
        table[name] = [step / (max(map(abs, steps)) or 1) for step in steps]
    return table


def caption(name: str, before: float, after: float) -> str:
    """Return the change in per cent, or the value itself where 0 is best."""
    if CATALOG[name].zero_is_best:
        return f'{after:+.2f}'
    change = 100 * (after / before - 1)
    return f'{change:+.0f}%' if abs(change) >= 1 else f'{change:+.1f}%'


def draw(values: dict[str, dict[str, float]], path: Path) -> None:
    """Draw the table, metrics that reward noise on top."""
    table = verdicts(values)
    noise = [i for i, title in enumerate(CHANGES) if title.startswith('noise')]
    names = sorted(table, key=lambda name: -sum(table[name][i] for i in noise))
    figure, axes = plt.subplots(figsize=(8.4, 0.235 * len(names) + 1.1), layout='constrained')
    axes.imshow([table[name] for name in names], cmap='PuOr', vmin=-1.3, vmax=1.3, aspect='auto')
    for i, name in enumerate(names):
        for j, title in enumerate(CHANGES):
            text = caption(name, values[name]['unchanged'], values[name][title])
            axes.text(j, i, text, ha='center', va='center', fontsize=6.5,
                      color='white' if abs(table[name][j]) > _DARK else 'black')
    _mark_groups(axes, table, names, noise)
    axes.set_xticks(range(len(CHANGES)), CHANGES, fontsize=7.5, rotation=25, ha='left')
    axes.xaxis.tick_top()
    arrows = {name: '→0' if CATALOG[name].zero_is_best else '↑' if CATALOG[name].higher_is_better else '↓'
              for name in names}
    axes.set_yticks(range(len(names)), [f'{name} {arrows[name]}' for name in names], fontsize=7.5)
    for label, name in zip(axes.get_yticklabels(), names, strict=True):
        label.set_fontweight('bold' if name in PAPER_METRICS else 'normal')
    axes.tick_params(length=0)
    axes.set_xlabel('change of the value (QSF: the value); '
                    'purple: the metric calls it better than the unchanged image, orange: worse; '
                    'bold: the six of the paper', fontsize=7.5)
    figure.savefig(path, dpi=110, metadata={'Software': None})
    plt.close(figure)


def _mark_groups(axes: Axes, table: dict[str, list[float]], names: Sequence[str], noise: Sequence[int]) -> None:
    """Separate noise, blur and contrast, and frame the metrics that call every noisy image better."""
    kinds = [title.split()[0] for title in CHANGES]
    for j in range(1, len(kinds)):
        if kinds[j] != kinds[j - 1]:
            axes.axvline(j - 0.5, color='white', linewidth=5)
    fooled = sum(all(table[name][i] > 0 for i in noise) for name in names)
    axes.axhline(fooled - 0.5, color='black', linewidth=1.2)
    axes.text(len(CHANGES) - 0.4, (fooled - 1) / 2, 'reward\nnoise', va='center', fontsize=8, fontweight='bold',
              color='#54278f')
    axes.text(len(CHANGES) - 0.4, fooled + (len(names) - fooled - 1) / 2, 'do not', va='center', fontsize=8,
              fontweight='bold', color='#b35806')


def write_csv(values: dict[str, dict[str, float]], path: Path) -> None:
    """Write the values, one line per metric."""
    with path.open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(['metric', 'unchanged', *CHANGES])
        for name, row in values.items():
            writer.writerow([name, *(f'{row[title]:.6g}' for title in ('unchanged', *CHANGES))])


def run(out: Path, folders: Sequence[str] | None) -> None:
    """Measure, draw and write.

    Raises:
        UserError: If the folders do not match.
    """
    pairs = scenes()
    if folders:
        a, b = match_sources(folders)
        pairs = [(read_luminance(a[stem]), read_luminance(b[stem])) for stem in a]
    values = react(pairs, [name for name in CATALOG if name not in _ALIKE])
    out.parent.mkdir(parents=True, exist_ok=True)
    draw(values, out)
    write_csv(values, out.with_suffix('.csv'))
    print(f'written: {out}, {out.with_suffix(".csv")}')


def main(argv: list[str] | None = None) -> int:
    """Run the program; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', type=Path, default=Path('docs/images/metric_reactions.png'))
    parser.add_argument('--sources', nargs=2, metavar='DIR', help='folders of real pairs; default: drawn in memory')
    args = parser.parse_args(argv)
    return run_app(lambda: run(args.out, args.sources))


if __name__ == '__main__':
    sys.exit(main())
