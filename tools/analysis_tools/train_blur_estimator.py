"""Train the blur estimator on clean images of several cameras and write its weights.

The luminance of every image is cropped, sometimes made smaller (a sharper camera), blurred or not, sometimes pooled,
made noisy and stored with 8 bits, all with drfuse's own operators. A fifth of the images is held out to set the
threshold of "no blur". The same data, seed and machine give the same file.
"""

import argparse
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from drfuse.datasets.image_io import read_image, to_tensor
from drfuse.degradations import Degradation
from drfuse.engine.app import run_app
from drfuse.estimation.blur import WEIGHTS, class_probabilities
from drfuse.estimation.blur_features import blur_features
from drfuse.estimation.noise import measure_noise
from drfuse.structures.color import split_luma_chroma
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.config import UserError
from drfuse.utils.seed import keyed_generator

# folder, every how many of its images, samples per image
SOURCES = {'roadscene/train/ir': (1, 6), 'roadscene/train/vi': (1, 6), 'bsd400/train': (1, 3),
           'harvard_pet_mri/train/pet': (4, 4), 'harvard_pet_mri/train/mri': (4, 4),
           'roadscene_hr_visible/train': (6, 8)}
WIDTHS = [round(0.5 + 0.25 * i, 2) for i in range(15)]  # 0.5 .. 4 px
HIDDEN, EPOCHS, CROP = 64, 300, 256
HELD_OUT, KEPT_SHARP = 5, 0.95  # every fifth image; share of sharp held-out images of every folder to call sharp


def shrink(image: torch.Tensor, draw: torch.Tensor, folder: str) -> torch.Tensor:
    """Return the image, or a smaller one by area averaging: what a sharper camera would give."""
    scale = 0.35 + 0.65 * float(draw[1]) if 'hr_visible' in folder else 0.5 + 0.5 * float(draw[1])
    if 'hr_visible' not in folder and (draw[0] > 0.3 or min(image.shape[1:]) * scale < 96):
        return image
    size = (round(image.shape[2] * scale), round(image.shape[1] * scale))
    planes = np.stack([cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in image.numpy()])
    return torch.from_numpy(planes)


def random_crop(image: torch.Tensor, draw: torch.Tensor) -> torch.Tensor:
    """Return a window of at most 256 x 256."""
    top, left = (int(float(u) * max(side - CROP + 1, 1)) for u, side in zip(draw, image.shape[1:], strict=True))
    return image[:, top:top + CROP, left:left + CROP]


def random_stages(draw: torch.Tensor) -> tuple[list[dict], float]:
    """Return the stages and the width in pixels of the result."""
    width = 0.6 + 3.6 * float(draw[1]) if draw[0] > 0.4 else 0.0
    factor = 2 if draw[2] < 0.15 else 1
    sigma = (0.0 if draw[3] < 0.2 else 12 * float(draw[4]) if draw[3] < 0.75 else 10 + 15 * float(draw[4])) / 255
    stages = [dict(type='GaussianBlur', sigma=width)] if width else []
    stages += [dict(type='GaussianNoise', sigma=sigma)] if sigma else []
    stages += [dict(type='AveragePool', factor=2)] if factor == 2 else []
    return [*stages, dict(type='Floor' if draw[5] < 0.5 else 'Round')], width / factor


def sample(image: torch.Tensor, folder: str, name: str, k: int) -> tuple[np.ndarray, float]:
    """Return features and width of one degraded version of an image."""
    generator = keyed_generator('blur estimator', folder, name, k)
    draw = torch.rand(10, generator=generator)
    clean = random_crop(shrink(split_luma_chroma(image)[0], draw[:2], folder), draw[2:4])
    stages, width = random_stages(draw[4:])
    degradation = Degradation(stages)
    observed = degradation.degrade(clean[None], degradation.sample_params(generator), generator)[0]
    return blur_features(observed[0].numpy(), measure_noise(observed).sigma), width


def make_samples(root: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return features (N, F), widths (N,), the folder's number (N,) and whether held out (N,)."""
    rows = []
    for number, (folder, (step, count)) in enumerate(SOURCES.items()):
        files = sorted((root / folder).glob('*'))[::step]
        if not files:
            raise UserError(f'no images in {root / folder}')
        for i, path in enumerate(files):
            image = to_tensor(read_image(path))
            rows += [(*sample(image, folder, path.stem, k), number, i % HELD_OUT == 0) for k in range(count)]
        print(f'{folder}: {len(files)} images', flush=True)
    features, widths, numbers, held = zip(*rows, strict=True)
    return np.stack(features), np.array(widths, np.float32), np.array(numbers), np.array(held)


def soft_targets(widths: np.ndarray) -> torch.Tensor:
    """Return class targets (N, 1 + grid): sharp, or the two neighbours of the width on the grid."""
    grid = np.array(WIDTHS)
    position = (np.clip(widths, grid[0], grid[-1]) - grid[0]) / (grid[1] - grid[0])
    near = np.maximum(1 - np.abs(position[:, None] - np.arange(len(grid))), 0)
    blurred = (widths > 0)[:, None]
    return torch.from_numpy(np.concatenate([~blurred, near * blurred], 1).astype(np.float32))


def train(features: np.ndarray, widths: np.ndarray) -> dict:
    """Fit the network; return its arrays."""
    torch.manual_seed(0)
    mean, scale = features.mean(0), np.maximum(features.std(0), 1e-3)
    x = torch.from_numpy(np.clip((features - mean) / scale, -5, 5)).float()
    target = soft_targets(widths)
    net = nn.Sequential(nn.Linear(x.shape[1], HIDDEN), nn.ReLU(), nn.Dropout(0.1), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(),
                        nn.Dropout(0.1), nn.Linear(HIDDEN, target.shape[1]))
    steps = EPOCHS * (len(x) // 256)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for _ in range(steps):
        index = torch.randint(len(x), (256,))
        noisy = x[index] + 0.05 * torch.randn(256, x.shape[1])
        loss = nn.functional.cross_entropy(net(noisy), target[index])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    return dict(weights=[layer.weight.detach().numpy() for layer in layers],
                biases=[layer.bias.detach().numpy() for layer in layers], mean=mean, scale=scale)


def threshold(network: dict, features: np.ndarray, widths: np.ndarray, numbers: np.ndarray) -> float:
    """Return the probability of blur that 95 % of the sharp images of every folder stay below; print the errors."""
    blurred = 1 - class_probabilities(features, network)[:, 0]
    limits = [np.quantile(blurred[(numbers == n) & (widths == 0)], KEPT_SHARP) for n in np.unique(numbers)]
    limit = float(np.clip(max(limits), 0.5, 0.95))
    for n, folder in enumerate(SOURCES):
        mine = (numbers == n) & (widths >= 1)
        share = class_probabilities(features[mine], network)[:, 1:]
        error = np.abs(share @ np.array(WIDTHS) / share.sum(1) * (blurred[mine] > limit) - widths[mine])
        kept = (blurred[(numbers == n) & (widths == 0)] <= limit).mean()
        print(f'{folder}: held-out sharp images kept {kept:.2f} (95 % quantile {limits[n]:.2f}), error from 1 px: '
              f'median {np.median(error):.2f}, mean {error.mean():.2f}')
    print(f'threshold {limit:.3f}')
    return limit


def rounded(value: np.ndarray) -> list:
    """Return nested lists with 4 significant digits."""
    return np.vectorize(lambda v: float(f'{v:.4g}'))(value).tolist()


def run(root: Path, out: Path, cache: Path | None) -> None:
    """Make the samples, set the threshold on held-out images, train on all, write."""
    if cache is not None and cache.is_file():
        stored = np.load(cache)
        data = tuple(stored[key] for key in ('features', 'widths', 'numbers', 'held'))
    else:
        data = make_samples(root)
    features, widths, numbers, held = data
    if cache is not None:
        np.savez(cache, features=features, widths=widths, numbers=numbers, held=held)
    limit = threshold(train(features[~held], widths[~held]), features[held], widths[held], numbers[held])
    network = train(features, widths)
    stored = {key: [rounded(a) for a in network[key]] for key in ('weights', 'biases')}
    stored.update({key: rounded(network[key]) for key in ('mean', 'scale')}, widths=WIDTHS, threshold=round(limit, 4))
    write_atomic(json.dumps(stored) + '\n', out)


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments, train; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--data-root', default='../shared/data', help='folder with ' + ', '.join(SOURCES))
    parser.add_argument('--out', default=str(WEIGHTS), help='JSON file')
    parser.add_argument('--cache', help='.npz file to keep the samples in, and to take them from if it exists')
    args = parser.parse_args(argv)
    cv2.setNumThreads(1)
    return run_app(lambda: run(Path(args.data_root), Path(args.out), Path(args.cache) if args.cache else None))


if __name__ == '__main__':
    sys.exit(main())
