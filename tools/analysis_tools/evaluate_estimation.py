"""Measure how well noise, blur and pooling are estimated from the image alone, and write a Markdown page and JSON.

Clean images are blurred, made noisy, pooled and stored with 8 bits by drfuse's own operators (odd images truncated,
even ones rounded); then the estimators see only the result. Every noise is drawn from a key of this script. With
--config and --weights (or the name of a shipped model as --config) a section compares restoration and fusion with
estimated and with known degradation.
"""

import argparse
import datetime
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from rich.progress import track

from drfuse.apis import FusionInferencer
from drfuse.datasets.image_io import read_image, to_tensor
from drfuse.degradations import Degradation
from drfuse.engine.app import run_app
from drfuse.estimation import estimate_degradation, estimate_noise_sigma
from drfuse.evaluation.functional import PAPER_METRICS, measure
from drfuse.structures.color import split_luma_chroma
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.config import UserError
from drfuse.utils.environment import machine
from drfuse.utils.seed import keyed_generator

FOLDERS = {'RoadScene infrared': 'roadscene/test/ir', 'RoadScene visible': 'roadscene/test/vi',
           'Harvard PET': 'harvard_pet_mri/test/pet', 'Harvard MRI': 'harvard_pet_mri/test/mri'}
ROADSCENE = tuple(FOLDERS)[:2]
LEVELS = (0, 1, 2, 3, 4, 5, 8, 10, 14, 20, 25)  # noise / 255
BLURS = (0, 1, 1.5, 2, 2.5, 3)  # px
BLUR_LEVELS = (0, 5, 10)
MOTIONS = (5, 9, 15)  # px
SCENARIOS = {  # infrared and visible; y = S(B x + n)
    'noise': ([dict(type='GaussianNoise', sigma=0.003**0.5)],) * 2,
    'blur': ([dict(type='GaussianBlur', sigma=2.0)],) * 2,
    'composite': ([dict(type='GaussianBlur', sigma=2.0), dict(type='GaussianNoise', sigma=0.001**0.5),
                   dict(type='AveragePool', factor=2)],
                  [dict(type='GaussianBlur', sigma=2.0), dict(type='GaussianNoise', sigma=0.001**0.5)])}


def degrade(image: torch.Tensor, stages: list[dict], name: str, number: int) -> torch.Tensor:
    """Degrade (C, H, W) and store it with 8 bits; the draws are named after stages and file."""
    degradation = Degradation([*stages, dict(type='Floor' if number % 2 else 'Round')])
    generator = keyed_generator('evaluate_estimation', name, str(stages))
    params = degradation.sample_params(generator)
    return degradation.degrade(image[None].double(), params, generator)[0].float()


def cases() -> Iterator[tuple[str, dict, list[dict]]]:
    """Yield table, true values and stages of everything that is measured on every image."""
    for factor in (1, 2, 4):
        pool = [dict(type='AveragePool', factor=factor)] if factor > 1 else []
        grid = {(blur, level) for blur in (0, 2) for level in (LEVELS if factor == 1 else (0, 3, 5, 10, 25))}
        grid |= {(blur, level) for blur in (BLURS if factor == 1 else (0, 1, 2, 3)) for level in BLUR_LEVELS}
        for blur, level in sorted(grid):
            stages = [dict(type='GaussianBlur', sigma=float(blur))] if blur else []
            stages += [dict(type='GaussianNoise', sigma=level / 255)] if level else []
            yield 'gaussian', dict(blur=blur, level=level, factor=factor), stages + pool
    for length in MOTIONS:
        for angle in (0, 35):
            stages = [dict(type='MotionBlur', length=float(length), angle=float(angle)),
                      dict(type='GaussianNoise', sigma=5 / 255)]
            yield 'motion', dict(blur=length, level=5, factor=1), stages


def measure_folder(label: str, folder: Path) -> list[dict]:
    """Return one record for every image and case."""
    files = sorted(folder.glob('*'))
    if not files:
        raise UserError(f'no images in {folder}')
    records = []
    for number, path in enumerate(track(files, description=label)):
        image = to_tensor(read_image(path))
        blurred: dict[str, torch.Tensor] = {}  # the same under every noise
        for table, truth, stages in cases():
            blur = [stage for stage in stages if 'Blur' in stage['type']]
            key = str(blur)
            if key not in blurred:
                optics = Degradation(blur)
                blurred[key] = optics.degrade(image[None].double(), optics.sample_params(), None)[0]
            observed = degrade(blurred[key], stages[len(blur):], f'{path.stem} {blur}', number)
            found = estimate_degradation(observed, (image.shape[1], image.shape[2]))
            estimates = dict(found_blur=round(found.blur_sigma, 3), found_level=round(found.noise_sigma * 255, 3))
            sure = dict(noise_sure=found.confidence['noise'], blur_sure=found.confidence['blur'])
            records.append({'table': table, 'data': label, 'image': path.name, **truth, **estimates, **sure})
    return records


def select(records: list[dict], data: tuple[str, ...], table: str = 'gaussian', **known: float) -> list[dict]:
    """Return the records with these values."""
    return [r for r in records if r['table'] == table and r['data'] in data
            and all(r[key] == value for key, value in known.items())]


def levels_of(records: list[dict]) -> np.ndarray:
    """Return true and estimated noise (N, 2)."""
    return np.array([(r['level'], r['found_level']) for r in records], float)


def noise_row(records: list[dict]) -> list[str]:
    """Return error figures from 5/255 and below, as cells."""
    true, found = levels_of(records).T
    strong = true >= 5
    relative = np.abs(found[strong] / true[strong] - 1)
    weak = np.abs(found[~strong] - true[~strong])
    return [f'{np.median(relative):.1%}', f'{np.quantile(relative, 0.9):.1%}', f'{np.median(weak):.2f}',
            f'{weak.max():.2f}', f'{(weak <= 1.5).mean():.1%}']


def blur_row(records: list[dict]) -> list[str]:
    """Return error figures of blurred images, and how many are called sharp."""
    true, found = np.array([(r['blur'], r['found_blur']) for r in records], float).T
    error = np.abs(found - true)
    return [f'{np.median(found):.2f}', f'{np.median(error):.2f}', f'{np.quantile(error, 0.9):.2f}',
            f'{(found == 0).mean():.1%}']


def table_of(head: list[str], rows: list[list[Any]]) -> list[str]:
    """Return a Markdown table."""
    return ['| ' + ' | '.join(map(str, row)) + ' |' for row in (head, ['---'] * len(head), *rows)] + ['']


def requirements(records: list[dict]) -> list[str]:
    """Return the table of what is asked of RoadScene and what is reached."""
    full = select(records, ROADSCENE, factor=1)
    low_noise = [r for r in full if r['level'] in BLUR_LEVELS]
    blurred = [r for r in low_noise if 1 <= r['blur'] <= 3]
    noise = noise_row([r for r in full if r['blur'] in (0, 2)])
    errors = [abs(r['found_blur'] - r['blur']) for r in blurred]
    sharp = [r['found_blur'] == 0 for r in low_noise if r['blur'] == 0]
    rows = [['noise from 5/255, median relative error', '15 %', noise[0]],
            ['noise from 5/255, 90th percentile', '30 %', noise[1]],
            ['noise below 5/255, share within 1.5/255', 'all', noise[4]],
            ['blur of 1-3 px, noise up to 10/255, median error', '0.4 px', f'{np.median(errors):.2f} px'],
            ['no blur called none, noise up to 10/255', '90 %', f'{np.mean(sharp):.1%}']]
    return table_of(['RoadScene, full size, both sources', 'asked', 'measured'], rows)


def noise_tables(records: list[dict]) -> list[str]:
    """Return errors of the noise by data, blur and factor, and the levels one by one."""
    rows = [[data, factor, blur, *noise_row(select(records, (data,), factor=factor, blur=blur))]
            for data in FOLDERS for factor in (1, 2, 4) for blur in (0, 2)]
    head = ['data', 'factor', 'blur (px)', 'rel. error >= 5, median', '90 %', 'abs. error < 5, median', 'largest',
            'within 1.5']
    lines = table_of(head, rows)
    rows = []
    for data in FOLDERS:
        found = [levels_of(select(records, (data,), factor=1, blur=2, level=level))[:, 1] for level in LEVELS]
        rows.append([data, *(f'{np.median(f):.1f}' for f in found)])
    return [*lines, 'Median estimate (/255) on images blurred by 2 px, by true noise:', '',
            *table_of(['data', *LEVELS], rows)]


def blur_tables(records: list[dict]) -> list[str]:
    """Return the estimated widths by data, noise and factor, and those of motion."""
    rows = []
    for data in FOLDERS:
        for factor in (1, 2, 4):
            for blur in BLURS if factor == 1 else (0, 1, 2, 3):
                picked = [r for r in select(records, (data,), factor=factor, blur=blur) if r['level'] in BLUR_LEVELS]
                rows.append([data, factor, blur, *blur_row(picked)])
    lines = table_of(['data', 'factor', 'blur (px)', 'median estimate', 'median error', '90 %', 'called none'], rows)
    rows = []
    for data in FOLDERS:
        for length in MOTIONS:
            found = np.array([r['found_blur'] for r in select(records, (data,), 'motion', blur=length)])
            rows.append([data, length, f'{np.sqrt((length**2 - 1) / 24):.2f}', f'{np.median(found):.2f}',
                         f'{(found == 0).mean():.1%}'])
    head = ['data', 'motion (px)', 'sigma of equal variance', 'median estimate', 'called none']
    return [*lines, 'Straight motion at 0 and 35 degrees, noise 5/255: the estimate is a Gaussian all the same.', '',
            *table_of(head, rows)]


def confidence_tables(records: list[dict]) -> list[str]:
    """Return how wrong the estimates are, by what was said of them."""
    rows = []
    for sure in ('high', 'medium', 'low'):
        known = [r for r in records if r['table'] == 'gaussian']
        noise = [abs(r['found_level'] - r['level']) for r in known if r['noise_sure'] == sure]
        blur = [abs(r['found_blur'] - r['blur']) for r in known if r['blur_sure'] == sure]
        cells = ([len(e), f'{np.median(e):.2f}', f'{np.quantile(e, 0.9):.2f}'] if e else [0, '-', '-']
                 for e in (noise, blur))
        rows.append([sure, *(cell for part in cells for cell in part)])
    head = ['said', 'noise: cases', 'error (/255), median', '90 %', 'blur: cases', 'error (px), median', '90 %']
    return table_of(head, rows)


def seconds_per_image() -> tuple[float, float]:
    """Return the median CPU seconds of the noise alone and of everything, 480 x 640 colour, one thread."""
    image = torch.rand(3, 480, 640, generator=keyed_generator('time'))
    times = []
    for _ in range(7):
        start = time.process_time()
        estimate_noise_sigma(image)
        half = time.process_time()
        estimate_degradation(image, (480, 640))
        times.append((half - start, time.process_time() - half))
    return tuple(np.median(times, 0).tolist())


def luma255(image: torch.Tensor) -> np.ndarray:
    """Return the luminance (H, W) of (C, H, W) in 0..255."""
    return split_luma_chroma(image)[0][0].numpy() * 255


def quality(model: FusionInferencer, root: Path) -> list[dict]:
    """Return restored PSNR and fusion metrics with known and with estimated degradation, by image and scenario."""
    records = []
    folders = [root / FOLDERS[name] for name in ROADSCENE]
    for path in track(sorted(folders[0].glob('*')), description='known and estimated'):
        clean = [to_tensor(read_image(folder / path.name)) for folder in folders]
        for scenario, stages in SCENARIOS.items():
            observed = [degrade(x, s, path.stem, i) for i, (x, s) in enumerate(zip(clean, stages, strict=True))]
            known = dict(zip('ab', stages, strict=True))
            for origin, degradation in (('known', known), ('estimated', None)):
                result = model(*observed, degradation=degradation)
                truth = [luma255(x) for x in clean]
                row = {f'PSNR {name}': float(-10 * np.log10(np.mean((result.luminance[name] - t / 255) ** 2)))
                       for name, t in zip(model.modalities, truth, strict=True)}
                scores = measure(result.luminance['fused'] * 255, truth, PAPER_METRICS)
                row.update({metric: score.value for metric, score in scores.items()})
                records.append(dict(image=path.name, scenario=scenario, origin=origin, **row))
    return records


def quality_table(records: list[dict]) -> list[str]:
    """Return the means by scenario."""
    names = [key for key in records[0] if key.startswith('PSNR')] + list(PAPER_METRICS)
    rows = []
    for scenario in SCENARIOS:
        for origin in ('known', 'estimated'):
            mine = [r for r in records if (r['scenario'], r['origin']) == (scenario, origin)]
            rows.append([scenario, origin, *(f'{np.mean([r[n] for r in mine]):.3f}' for n in names)])
    return table_of(['scenario', 'degradation', *names], rows)


def page(facts: dict, records: list[dict]) -> str:
    """Return the Markdown page."""
    counts = {data: len({r['image'] for r in records if r['data'] == data}) for data in FOLDERS}
    lines = ['# Blind estimation', '', f'Machine: {facts["machine"]}. Measured {facts["date"]} by '
             '`tools/analysis_tools/evaluate_estimation.py`.', '',
             'Data: ' + ', '.join(f'{data} ({count} test images)' for data, count in counts.items()) + '. Noise in '
             'units of 1/255 per stored channel before pooling, widths in pixels of the full size. The blur estimator '
             'is trained on none of these images, but RoadScene has the same cameras in its training list, and every '
             'Harvard test slice has a neighbour there.', '',
             'CPU time of one 480 x 640 colour image, one thread: noise {:.3f} s, everything {:.3f} s.'.format(
                 *facts['seconds']), '', '## What was asked', '', *requirements(records), '## Noise', '',
             *noise_tables(records), '## Blur', '', 'Noise 0, 5 and 10/255 together.', '', *blur_tables(records),
             '## Confidence', '', 'All data, factors and blurs above.', '', *confidence_tables(records)]
    if facts['compared']:
        lines += ['## Estimated against known degradation', '', f'Model: {facts["model"]}. Restored sources: PSNR in '
                  'dB; fused image against the clean sources (`yuliu` variants). Means of the test images.', '',
                  *quality_table(facts['compared'])]
    return '\n'.join(lines)


def run(args: argparse.Namespace) -> None:
    """Measure, or take the measurements of an earlier run, and write."""
    root, out = Path(args.data_root), Path(args.out)
    model = FusionInferencer(args.config, args.weights) if args.config else None
    if args.records:
        facts = json.loads(Path(args.records).read_text(encoding='utf-8'))
        records = [dict(zip(facts['columns'], row, strict=True)) for row in facts['rows']]
    else:
        records = [r for label, folder in FOLDERS.items() for r in measure_folder(label, root / folder)]
        facts = dict(machine=machine(), date=datetime.date.today().isoformat(), seconds=seconds_per_image(),
                     model=None, compared=[], columns=list(records[0]), rows=[list(r.values()) for r in records])
    if model:
        facts.update(model=f'`{model.loaded.name}` (SHA-256 {model.loaded.sha256[:12]})', compared=quality(model, root))
    write_atomic(json.dumps(facts, separators=(',', ':')).replace('],[', '],\n[') + '\n', out.with_suffix('.json'))
    write_atomic(page(facts, records), out)


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and write the page; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--data-root', default='../shared/data', help='folder with roadscene and harvard_pet_mri')
    parser.add_argument('--out', default='docs/results/estimation.md', help='Markdown file; the JSON lies beside it')
    parser.add_argument('--records', help='JSON of an earlier run: nothing but estimated against known is measured')
    parser.add_argument('--config', help='config, or name of a shipped model, for estimated against known')
    parser.add_argument('--weights', help='checkpoint of the config')
    args = parser.parse_args(argv)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    return run_app(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
