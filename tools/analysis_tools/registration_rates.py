"""How often the registration check warns, on registered pairs and on pairs that were shifted; a Markdown table.

The pairs of RoadScene are taken as they are published, although a few of them lie some pixels apart.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from rich.progress import track

from drfuse.apis.picture import as_picture
from drfuse.apis.registration import Shift, measure_shift
from drfuse.degradations import Degradation
from drfuse.utils.seed import keyed_generator

BLUR = dict(type='GaussianBlur', sigma=2.0, kernel_size=21)
SCENARIOS = {'clean': ((), ()), 'noise': ((dict(type='GaussianNoise', sigma=0.003**0.5),),) * 2,
             'composite': ((BLUR, dict(type='GaussianNoise', sigma=0.001**0.5), dict(type='AveragePool', factor=2)),
                           (BLUR, dict(type='GaussianNoise', sigma=0.001**0.5)))}
LENGTHS = (0, 4, 6, 8, 12)
RIGHT = 3.0
"""A measured shift counts as right up to this distance from the true one, in pixels."""


def shifted(ir: torch.Tensor, vis: torch.Tensor, length: int, name: str) -> tuple[torch.Tensor, torch.Tensor,
                                                                                 tuple[int, int]]:
    """Return windows (C, h, w) of both, that of ``ir`` moved by ``length`` pixels in a direction keyed by ``name``."""
    angle = float(torch.rand(1, generator=keyed_generator(name, length))) * 2 * np.pi
    dx, dy, margin = round(length * np.cos(angle)), round(length * np.sin(angle)), max(LENGTHS)
    height, width = (n - 2 * margin for n in ir.shape[-2:])
    ir = ir[:, margin + dy:margin + dy + height, margin + dx:margin + dx + width]
    return ir, vis[:, margin:margin + height, margin:margin + width], (dx, dy)


def measure(folder: Path, names: tuple[str, str]) -> dict[tuple[str, int], list[tuple[Shift, tuple[int, int]]]]:
    """Return, by scenario and length, what was measured for every pair of the two folders in ``folder``."""
    found: dict[tuple[str, int], list] = {(s, n): [] for s in SCENARIOS for n in LENGTHS}
    for file in track(sorted((folder / names[1]).iterdir()), 'pairs', transient=True):
        ir, vis = (as_picture(folder / kind / file.name, kind).to_tensor() for kind in names)
        for scenario, length in found:
            a, b, true = shifted(ir, vis, length, file.stem)
            images = [Degradation(stages).observe(x[None], keyed_generator(file.stem, scenario, i))[0].y[0, 0].numpy()
                      for i, (stages, x) in enumerate(zip(SCENARIOS[scenario], (a, b), strict=True))]
            shift = measure_shift(*images)
            if shift is not None:
                found[scenario, length].append((shift, true))
    return found


def table(found: dict[tuple[str, int], list[tuple[Shift, tuple[int, int]]]]) -> str:
    """Return the rates in percent: of warnings, and of warnings that name the right shift."""
    lines = ['| scenario | registered: warned | ' + ' | '.join(f'{n} px: warned (right)' for n in LENGTHS[1:]) + ' |',
             '|---|' + '---|' * len(LENGTHS)]
    for scenario in SCENARIOS:
        cells = []
        for length in LENGTHS:
            rows = found[scenario, length]
            warned = [(shift, true) for shift, true in rows if shift.is_worth_a_warning]
            right = [1 for shift, (dx, dy) in warned if np.hypot(shift.dx - dx, shift.dy - dy) <= RIGHT]
            rate = f'{100 * len(warned) / len(rows):.1f} %'
            cells.append(rate + f' ({100 * len(right) / len(rows):.1f} %)' * bool(length))
        lines.append(f'| {scenario} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path, nargs='+', help='folders of pairs, as data/RoadScene/test')
    parser.add_argument('--names', nargs=2, default=('ir', 'vi'), help='folders of A and B; default: ir vi')
    args = parser.parse_args()
    for folder in args.folder:
        found = measure(folder, tuple(args.names))
        print(f'\n{folder.name}, {len(found["clean", 0])} pairs:\n\n{table(found)}')


if __name__ == '__main__':
    main()
