"""Write a Markdown table of what trained models reach against doing without a network.

Every RUN is a work directory with ``metrics.json`` (tools/test.py) and ``baseline.json``
(tools/analysis_tools/naive_baseline.py); runs of the same config, for example an ablation, are set side by side.
"""

import argparse
import datetime
import json
import sys
from pathlib import Path

from drfuse.engine.app import run_app
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.config import UserError
from drfuse.utils.environment import machine

SIX = ('QMI', 'QNCIE', 'QABF', 'QP', 'QCB', 'QW')


def read(run: Path, name: str) -> dict:
    """Return a JSON file of a run, or raise a one-line error."""
    if not (run / name).is_file():
        raise UserError(f'{run / name} does not exist: run tools/test.py and naive_baseline.py first')
    return json.loads((run / name).read_text())


def restoration_rows(label: str, run: Path) -> list[str]:
    """Return one table row per modality."""
    metrics, baseline = read(run, 'metrics.json'), read(run, 'baseline.json')
    rows = []
    for name, row in baseline.items():
        ours = metrics['means'][f'PSNR/{name}']
        rows.append(f'| {label} | {name} | {row["psnr"]["bicubic y"]:.2f} | {row["psnr"]["A^+ y"]:.2f} '
                    f'({row["regularisation"].removeprefix("A^+ y, ")}) | {ours:.2f} | {ours - row["best"]:+.2f} | '
                    f'{metrics["means"][f"SSIM/{name}"]:.3f} |')
    return rows


def fusion_row(label: str, run: Path) -> str:
    """Return the six metrics of one run as a table row."""
    means = read(run, 'metrics.json')['means']
    return f'| {label} | ' + ' | '.join(f'{means[f"{name}/clean"]:.4f}' for name in SIX) + ' |'


def report(runs: dict[str, Path]) -> str:
    """Return the page."""
    facts = [read(run, 'metrics.json') for run in runs.values()]
    lines = [f'Machine: {machine()}. Written {datetime.date.today().isoformat()} by '
             '`tools/analysis_tools/restoration_report.py`.', '',
             '| run | config | checkpoint (SHA-256) | data | test images |', '|---|---|---|---|---|']
    for label, fact in zip(runs, facts, strict=True):
        lines.append(f'| {label} | `{fact["config"]}` | `{fact["checkpoint"]}` ({fact["checkpoint_sha256"][:12]}) | '
                     f'{fact["data"]} | {len(fact["per_image"])} |')
    lines += ['', 'Restored sources: PSNR in dB on 8-bit luminance, mean of the images; gain over the better baseline.',
              'The regularisation of A^+ is the best on the training pairs.', '',
              '| run | source | bicubic y | A^+ y | drfuse | gain | SSIM |',
              '|---|---|---|---|---|---|---|']
    lines += [row for label, run in runs.items() for row in restoration_rows(label, run)]
    lines += ['', 'Fused image against the clean sources (`yuliu` variants).', '',
              f'| run | {" | ".join(SIX)} |', '|---' * (len(SIX) + 1) + '|']
    lines += [fusion_row(label, run) for label, run in runs.items()]
    return '\n'.join(lines) + '\n'


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and write the page; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('runs', nargs='+', metavar='LABEL=RUN')
    parser.add_argument('--out', required=True, help='Markdown file')
    args = parser.parse_args(argv)
    runs = {label: Path(run) for label, _, run in (item.partition('=') for item in args.runs)}
    return run_app(lambda: write_atomic(report(runs), Path(args.out)))


if __name__ == '__main__':
    sys.exit(main())
