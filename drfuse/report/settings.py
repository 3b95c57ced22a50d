"""What makes a result again: degradation, model, versions."""

from __future__ import annotations

import platform
from typing import Any

import yaml

from drfuse.apis.fusion_result import FusionResult
from drfuse.utils.environment import installed_version
from drfuse.version import __version__

LIBRARIES = ('torch', 'mmengine', 'numpy', 'scipy', 'pillow', 'tifffile')
STEPS = {'read': 'reading the files', 'prepare': 'estimating and attaching the degradation',
         'network': 'restoring and fusing', 'finish': 'colours and pixel types'}
"""Step of :attr:`FusionResult.report` to its name for people."""


def degradation_yaml(result: FusionResult) -> str:
    """Return what was assumed of the sources as a file for ``--degradation``, which repeats it exactly."""
    sources = result.report['sources'].values()
    return yaml.safe_dump({letter: [dict(stage) for stage in source['stages']]
                           for letter, source in zip('ab', sources, strict=True)}, sort_keys=False)


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    found = {name: installed_version(name) for name in LIBRARIES}
    found['opencv'] = installed_version('opencv-python') or installed_version('opencv-python-headless')
    return {'drfuse': __version__, 'python': platform.python_version(),
            **{name: version for name, version in found.items() if version}}


def source_rows(result: FusionResult) -> list[dict[str, Any]]:
    """Return what was assumed of each source, for a table."""
    rows = []
    for name, source in result.report['sources'].items():
        sure = ', '.join(f'{part} {level}' for part, level in source.get('confidence', {}).items())
        height, width = source['size']
        kind = f'{source["pixel_type"]}, {"colour" if source["colour"] else "grey"}'
        rows.append(dict(name=name, source=source['source'], form=f'{width} x {height}, {kind}', text=source['text'],
                         origin=source['origin'], confidence=sure or '-',
                         sigma=f'{source["luminance_sigma"]:.4f}'))
    return rows


def setting_rows(result: FusionResult) -> dict[str, str]:
    """Return the remaining settings by name, for a table."""
    report, tiling = result.report, result.report.get('tiling', {})
    shift = report['registration']['shift']
    moved = 'A was moved by it' if report['registration']['aligned'] else 'not corrected'
    tiles = tiling.get('tiles', 1)
    return {
        'model': report['model'], 'weights, SHA-256': report['weights_sha256'], 'task': report['task'],
        'colour from': report['colour_from'] or 'none, the result is grey',
        'device': f'{report["device"]}, {report["precision"]}',
        'tiles': 'computed whole' if tiles == 1 else f'{tiles} tiles of up to {tiling["side"]} pixels a side',
        'shift of A to B': 'none found' if shift is None else f'{shift[0]}, {shift[1]} pixels ({moved})',
    }
