"""Measure tiles: peak memory, time per megapixel and seam error, on generated pictures.

    python tools/analysis_tools/measure_tiling.py --size 1024x1024 --tile 512 --whole --output report.json
    python tools/analysis_tools/measure_tiling.py --calibrate

Every run is a process of its own, so that its peak is its own. Weights that are not given are random, but not trivial:
seams depend on the weights, memory and time do not.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import torch

from drfuse.apis import FusionInferencer
from drfuse.apis.degradation_spec import PRESETS
from drfuse.datasets.synthetic import draw_road_scene
from drfuse.degradations import Degradation
from drfuse.registry import MODELS
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.config import load_config
from drfuse.utils.paths import find_config
from drfuse.utils.seed import keyed_generator
from drfuse.version import __version__

PATCH = 512
GIB = 1 << 30


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--config', default='light/ivf.py', help='config of the model (default: %(default)s)')
    parser.add_argument('--weights', type=Path, help='checkpoint; default: random')
    parser.add_argument('--size', default='1024x1024', help='WIDTHxHEIGHT (default: %(default)s)')
    parser.add_argument('--preset', default='composite', choices=PRESETS)
    parser.add_argument('--factor', type=int, default=1, help='low-resolution factor of A (default: %(default)s)')
    parser.add_argument('--tile', default='auto', help='auto, off or a side in pixels (default: %(default)s)')
    parser.add_argument('--whole', action='store_true', help='also compute the whole picture, for the seam error')
    parser.add_argument('--calibrate', action='store_true', help='bytes per pixel, from windows of several sizes')
    parser.add_argument('--output', type=Path, help='JSON file; default: standard output only')
    parser.add_argument('--child', help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def random_weights(config: str, folder: Path) -> Path:
    """Write a checkpoint whose heads are not zero, as those of a new network are."""
    torch.manual_seed(0)
    model = MODELS.build(load_config(find_config(config), None).model)
    for name, parameter in model.backbone.named_parameters():
        if 'head' in name and name.endswith('weight'):
            torch.nn.init.normal_(parameter, std=0.1)
    torch.save(dict(state_dict=model.state_dict(), meta={}), folder / 'random.pth')
    return folder / 'random.pth'


def make_pair(width: int, height: int, preset: str, factor: int) -> list[np.ndarray]:
    """Return a degraded pair, uint8: a generated patch of 512 x 512 pixels repeated, every copy mirrored."""
    sigma, variance = PRESETS[preset]
    stages: list[dict] = [] if sigma is None else [dict(type='GaussianBlur', sigma=sigma, kernel_size=21)]
    stages += [] if variance is None else [dict(type='GaussianNoise', sigma=variance**0.5)]
    pair = []
    for (name, scene), s in zip(draw_road_scene((PATCH, PATCH), np.random.default_rng(0)).items(), (factor, 1),
                                strict=True):
        own = [*stages, dict(type='AveragePool', factor=s)] if s > 1 else stages
        planes = scene if scene.ndim == 3 else scene[..., None]
        clean = torch.from_numpy(planes.transpose(2, 0, 1).copy()).float()[None] / 255
        degradation, generator = Degradation(own), keyed_generator('measure', name)
        image = degradation.degrade(clean, degradation.sample_params(), generator)[0].clamp(0, 1)
        array = (255 * image.numpy()).round().astype(np.uint8).transpose(1, 2, 0)
        block = np.concatenate([np.concatenate([array, array[:, ::-1]], 1),
                                np.concatenate([array, array[:, ::-1]], 1)[::-1]])
        times = -(-height // s // block.shape[0]), -(-width // s // block.shape[1])
        large = np.tile(block, (*times, 1))[:-(-height // s), :-(-width // s)]
        pair.append(np.ascontiguousarray(large[..., 0] if large.shape[2] == 1 else large))
    return pair


def run_child(options: argparse.Namespace) -> dict[str, Any]:
    """Fuse in this process, and return what it took."""
    width, height = map(int, options.size.split('x'))
    a, b = make_pair(width, height, options.preset, options.factor)
    inferencer = FusionInferencer(str(find_config(options.config)), options.weights, 'cpu', 'float32', task='ivf')
    before, start = peak(), time.perf_counter()
    tile = int(options.tile) if options.tile.isdecimal() else options.tile
    result = inferencer(a, b, options.preset, tile=tile)
    seconds = time.perf_counter() - start
    if options.child != '-':
        np.save(options.child, np.stack([*result.luminance.values()]))
    return dict(size=[width, height], tiling=result.report['tiling'], seconds=round(seconds, 1),
                seconds_per_megapixel=round(1e6 * seconds / (width * height), 2),
                network_seconds=round(result.report['seconds']['network'], 1),
                peak_gib=round(peak() / GIB, 3), before_gib=round(before / GIB, 3),
                warnings=result.report['warnings'])


def peak() -> int:
    """Return the largest resident memory of this process so far, in bytes (Linux counts in KiB)."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def start_child(options: argparse.Namespace, size: str, tile: str, save: str = '-') -> dict[str, Any]:
    """Run this script once more, and return what it measured."""
    command = [sys.executable, __file__, '--config', options.config, '--weights', str(options.weights), '--size', size,
               '--preset', options.preset, '--factor', str(options.factor), '--tile', tile, '--child', save]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.strip()[-2000:] or f'exit code {done.returncode}')
    return json.loads(done.stdout.splitlines()[-1])


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Fuse in tiles, and whole if asked to; the seam error is the largest difference of luminance in levels."""
    report = start_child(options, options.size, options.tile, str(folder / 'tiled.npy') if options.whole else '-')
    if options.whole:
        whole = start_child(options, options.size, 'off', str(folder / 'whole.npy'))
        tiled, reference = (np.load(folder / name) for name in ('tiled.npy', 'whole.npy'))
        report['whole'] = whole
        report['seam_levels'] = round(255 * float(np.abs(tiled - reference).max()), 4)
    return report


def calibrate(options: argparse.Namespace) -> dict[str, Any]:
    """Return bytes per pixel: the slope of the peak over the size of pictures that are computed whole."""
    runs = [start_child(options, f'{side}x{side}', 'off') for side in (512, 768, 1024)]
    pixels = [run['size'][0] * run['size'][1] for run in runs]
    slope = np.polyfit(pixels, [run['peak_gib'] * GIB for run in runs], 1)[0]
    return dict(bytes_per_pixel=round(float(slope)), runs=runs)


def main(argv: list[str] | None = None) -> int:
    """Measure, print and write the report."""
    options = parse(argv)
    if options.child:
        print(json.dumps(run_child(options)))
        return 0
    with tempfile.TemporaryDirectory() as name:
        given = options.weights is not None
        options.weights = options.weights or random_weights(options.config, Path(name))
        report = calibrate(options) if options.calibrate else measure(options, Path(name))
    report.update(config=options.config, weights=options.weights.name if given else 'random', preset=options.preset,
                  factor=options.factor, data='generated', drfuse=__version__, torch=torch.__version__,
                  threads=torch.get_num_threads(), machine=platform.machine(),
                  date=datetime.now(timezone.utc).strftime('%Y-%m-%d'))
    text = json.dumps(report, indent=1)
    print(text)
    if options.output:
        write_atomic(f'{text}\n'.encode(), options.output)
    return 0


if __name__ == '__main__':
    sys.exit(main())
