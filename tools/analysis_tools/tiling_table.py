"""Write the table of docs/large_pictures.md from the reports of measure_tiling.py in docs/results.

python tools/analysis_tools/tiling_table.py
"""

import json
import sys
from pathlib import Path
from typing import Any

from drfuse.utils.checkpoint import write_atomic

REPO = Path(__file__).resolve().parents[2]
PAGE, REPORTS = REPO / 'docs' / 'large_pictures.md', REPO / 'docs' / 'results'
START, END = '<!-- table of tiling_table.py -->\n', '<!-- end of the table -->\n'
HEAD = ('| picture | degradation | weights | tiles | halo | seam, levels of 255 | peak memory | whole: peak memory |\n'
        '|---|---|---|---|---|---|---|---|\n')


def row(report: dict[str, Any]) -> str:
    """Return one row of the table."""
    width, height = report['size']
    whole = report.get('whole')
    factor = f', A 1/{report["factor"]}' if report['factor'] > 1 else ''
    tiling = report['tiling']
    cells = (f'{width} x {height}', f'{report["preset"]}{factor}', report['weights'],
             f'{tiling["tiles"]} of {tiling["side"]} px', f'{tiling["halo"]} px',
             f'{report["seam_levels"]:.3f}' if whole else 'not compared', f'{report["peak_gib"]:.2f} GiB',
             f'{whole["peak_gib"]:.2f} GiB' if whole else 'not run')
    return f'| {" | ".join(cells)} |\n'


def table(folder: Path = REPORTS) -> str:
    """Return the whole table, from the smallest picture to the largest, and what it was measured with."""
    reports = [json.loads(path.read_text(encoding='utf-8')) for path in sorted(folder.glob('tiling_*.json'))]
    reports.sort(key=lambda report: report['size'])
    about = sorted({f'torch {r["torch"]}, {r["machine"]}, {r["threads"]} thread, {r["date"]}' for r in reports})
    return HEAD + ''.join(map(row, reports)) + f'\nGenerated pictures; {"; ".join(about)}; CPU.\n'


def page(text: str, content: str) -> str:
    """Return the page with its table replaced."""
    before, _, rest = text.partition(START)
    after = rest.partition(END)[2]
    return f'{before}{START}{content}{END}{after}'


def main() -> int:
    """Write the page."""
    write_atomic(page(PAGE.read_text(encoding='utf-8'), table()), PAGE)
    return 0


if __name__ == '__main__':
    sys.exit(main())
