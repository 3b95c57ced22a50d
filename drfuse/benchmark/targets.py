"""What was aimed at, and whether it was reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Target(NamedTuple):
    """One aim.

    Attributes:
        what: For people.
        value: Measured.
        bound: Aimed at.
        at_least: Whether the value must not be below the bound; else not above.
        unit: Behind both numbers.
    """

    what: str
    value: float
    bound: float
    at_least: bool = False
    unit: str = ''

    @property
    def is_met(self) -> bool:
        """Whether the aim was reached."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    @property
    def row(self) -> list[str]:
        """Cells of a table."""
        sign = 'at least' if self.at_least else 'at most'
        return [self.what, f'{sign} {self.bound:g}{self.unit}', f'{self.value:.3g}{self.unit}',
                'yes' if self.is_met else '**no**']


def targets(result: Mapping[str, Any]) -> list[Target]:
    """Return the aims of the parts that have been measured."""
    found: list[Target] = []
    if 'pipeline' in result:
        aim = 40.0 if result['machine']['bfloat16_instructions'] else 25.0
        found.append(Target('shipped model over the paper network, files to file, default settings',
                            result['pipeline']['speedup'], aim, True, ' x'))
    if 'paper_modes' in result:
        ratios, (height, width) = result['paper_modes']['speedups'], result['paper_modes']['size']
        found += [Target(f'paper network folded, {kind}, over its eager float32, {width} x {height}',
                         ratios[f'folded {kind}'], aim, True, ' x')
                  for kind, aim in (('bfloat16', 2.5), ('float32', 1.3))]
    for kind, stage in result.get('stages', {}).items():
        found.append(Target(f'correction, of a step in {kind}', 100 * stage['shares']['correction'], 15, unit=' %'))
    if 'memory' in result:
        found.append(Target('peak memory of one pair', result['memory']['fuse_peak_mib'], 1024, unit=' MiB'))
    if 'start' in result:
        found += [Target('`import drfuse`', result['start']['import_s'], 1.5, unit=' s'),
                  Target('`drfuse --help`', result['start']['help_s'], 0.5, unit=' s')]
    if 'evaluation' in result:
        found.append(Target('20 pairs from end to end', result['evaluation']['total'], 60, unit=' s'))
    found += [Target(f'growth with {part} is linear: R2', result[part]['fit']['r2'], 0.98, True)
              for part in ('pixels', 'steps') if part in result]
    return found
