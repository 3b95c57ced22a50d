"""Measure the temporal stability of ``drfuse video`` on generated static scenes with independent noise in every frame.

    python tools/analysis_tools/measure_flicker.py --model ivf --output flicker.json

Flicker is the standard deviation over time of the luminance where the scene does not move, here everywhere
(``drfuse.evaluation.temporal``), in 8-bit levels.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import torch

from drfuse.apis import FusionInferencer, read_picture, write_picture
from drfuse.apis.degradation_spec import parse_degradation
from drfuse.apis.frames import open_frames
from drfuse.apis.picture import Picture
from drfuse.apis.video import ClipTarget, fuse_clip, match_clips, open_target, settle_clip
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.evaluation.temporal import flicker
from drfuse.structures import split_luma_chroma
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.seed import keyed_generator
from drfuse.version import __version__


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--model', default='ivf', help='name of a model, or a config (default: %(default)s)')
    parser.add_argument('--weights', type=Path, help="checkpoint; default: the model's")
    parser.add_argument('--scenes', type=int, default=3, help='number of scenes (default: %(default)s)')
    parser.add_argument('--frames', type=int, default=8, help='frames of a scene (default: %(default)s)')
    parser.add_argument('--size', default='256x192', help='WIDTHxHEIGHT (default: %(default)s)')
    parser.add_argument('--sigmas', type=float, nargs='+', default=[0.02, 0.055], help='noise per stored channel')
    parser.add_argument('--blind', action='store_true', help='let the degradation be estimated')
    parser.add_argument('--steady', action='store_true', help='as of drfuse video')
    parser.add_argument('--output', type=Path, help='JSON file; default: standard output only')
    return parser.parse_args(argv)


def write_clips(scene: dict[str, np.ndarray], folder: Path, frames: int, sigma: float, key: str) -> list[Path]:
    """Write noisy frames of a static scene; return the folders of A and B."""
    folders = [folder / name for name in scene]
    for name, image in scene.items():
        for i in range(frames):
            noise = torch.randn(image.shape, generator=keyed_generator(key, name, i)).numpy()
            noisy = np.clip(np.floor(image + 255 * sigma * noise + 0.5), 0, 255).astype(np.uint8)
            write_picture(folder / name / f'{i:03d}.png', Picture(noisy))
    return folders


def luminance(folder: Path) -> Iterator[np.ndarray]:
    """Yield the luminance of the frames of a folder, in levels."""
    for path in sorted(folder.glob('*.png')):
        yield 255 * split_luma_chroma(read_picture(path).to_tensor())[0][0].numpy()


def measure(inferencer: FusionInferencer, scene: dict[str, np.ndarray], sigma: float, options: argparse.Namespace,
            key: str) -> dict[str, Any]:
    """Return the flicker of the sources and of the fused clip."""
    with tempfile.TemporaryDirectory() as name:
        folders = write_clips(scene, Path(name), options.frames, sigma, key)
        clip = match_clips(*map(open_frames, folders))
        known = None if options.blind else {m: dict(blur='none', noise=sigma) for m in inferencer.modalities}
        specs, _ = settle_clip(clip, inferencer, parse_degradation(known, inferencer.modalities))
        target = ClipTarget.of(Path(name) / 'fused')
        open_target(target, clip.b.names, {}, False, False)
        fuse_clip(clip, target, inferencer, specs, steady=options.steady)
        values = [round(flicker(luminance(folder)), 3) for folder in (*folders, target.folder)]
    return dict(scene=key, sigma=sigma, a=values[0], b=values[1], fused=values[2])


def main(argv: list[str] | None = None) -> int:
    """Measure, print and write the report."""
    options = parse(argv)
    width, height = map(int, options.size.split('x'))
    inferencer = FusionInferencer(options.model, options.weights, 'cpu', task='ivf')
    pairs = EmbeddedPairs(task='ivf', split='test', num=options.scenes, size=(height, width))
    rows = [measure(inferencer, pairs.render(stem), sigma, options, stem)
            for stem in pairs.stems for sigma in options.sigmas]
    report = dict(model=inferencer.loaded.name, weights_sha256=inferencer.loaded.sha256, data='embedded-synthetic',
                  frames=options.frames, size=[width, height], steady=options.steady,
                  degradation='estimated' if options.blind else 'given',
                  levels=rows, worst_ratio=round(max(row['fused'] / min(row['a'], row['b']) for row in rows), 3),
                  drfuse=__version__, torch=torch.__version__, date=datetime.now(timezone.utc).strftime('%Y-%m-%d'))
    text = json.dumps(report, indent=1)
    print(text)
    if options.output:
        write_atomic(f'{text}\n', options.output)
    return 0


if __name__ == '__main__':
    sys.exit(main())
