"""Measure exported models against PyTorch: largest errors by degradation and size, and time for 1024 x 768.

python tools/analysis_tools/measure_export.py [--model ivf] [--folder GRAPHS] [--json docs/results/export.json]
    [--page docs/export.md] [--parts parity speed]

Exports the model once to GRAPHS (MODEL.onnx and MODEL.xml, any size; those that are there are used) and measures on
generated pairs. Times are medians of runs in turn; nothing else should run. Parts that are not measured keep their
values in the JSON file. Exits with 0 if no error is above 1e-3.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from drfuse.apis import FusionInferencer
from drfuse.benchmark.machine import describe_machine
from drfuse.benchmark.timing import alternate, median
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.degradations import Degradation, Observation
from drfuse.export import ExportedModel, graph_inputs, writer
from drfuse.structures import split_luma_chroma
from drfuse.utils.environment import installed_version
from drfuse.utils.seed import keyed_generator

TOLERANCE = 1e-3
FILES = dict(onnxruntime='.onnx', openvino='.xml')
BLUR, NOISE = dict(type='GaussianBlur', sigma=2.0, kernel_size=21), dict(type='GaussianNoise', sigma=0.001**0.5)
CASES = {
    'noise': ([dict(type='GaussianNoise', sigma=0.003**0.5)],) * 2,
    'blur': ([BLUR],) * 2,
    'composite, factor 4': ([BLUR, NOISE, dict(type='AveragePool', factor=4)], [BLUR, NOISE]),
    'motion 9 px at 30 degrees, noise; factor 2': (
        [dict(type='AveragePool', factor=2)], [dict(type='MotionBlur', length=9.0, angle=30.0), NOISE]),
    'defocus 3 px; nothing': ([dict(type='DefocusBlur', radius=3.0)], [])}
SIZES = ((96, 128), (201, 267), (256, 320), (480, 640))
SPEED_CASE, SPEED_SIZE = 'composite, factor 4', (768, 1024)
BEGIN, END = '<!-- measured: begin -->', '<!-- measured: end -->'


def observe(case: str, size: tuple[int, int], task: str, modalities: tuple[str, ...]) -> dict[str, Observation]:
    """Return the observations of a generated pair."""
    pairs = EmbeddedPairs(task=task, split='test', num=1, size=size)
    clean = pairs.render(pairs.stems[0])
    found = {}
    for name, stages in zip(modalities, CASES[case], strict=True):
        image = torch.from_numpy(np.atleast_3d(clean[name])).movedim(-1, 0).float()[None] / 255
        luma = split_luma_chroma(image)[0]
        found[name] = Degradation(stages).observe(luma, keyed_generator(0, f'{case} {name}'))[0]
    return found


def load(args: argparse.Namespace) -> tuple[FusionInferencer, dict[str, ExportedModel], dict[str, Any]]:
    """Return PyTorch's inferencer, the graphs by runtime, and what loading them took."""
    plain, graphs, facts = FusionInferencer(args.model, device='cpu', precision='float32'), {}, {}
    args.folder.mkdir(parents=True, exist_ok=True)
    for runtime, suffix in FILES.items():
        file = args.folder / f'{args.model}{suffix}'
        if not file.is_file() and runtime == 'openvino':  # from the ONNX file: to export takes longer
            writer.save_openvino(onnx.load(file.with_suffix('.onnx')), file, None, writer.describe(plain.loaded, None))
        elif not file.is_file():
            writer.export_model(args.model, file)
        start = time.perf_counter()
        graphs[runtime] = ExportedModel(file, runtime, torch.get_num_threads())
        size = file.stat().st_size + (file.with_suffix('.bin').stat().st_size if suffix == '.xml' else 0)
        facts[runtime] = dict(version=installed_version(runtime), load_s=time.perf_counter() - start, mb=size / 1e6)
    return plain, graphs, facts


def parity(plain: FusionInferencer, graphs: dict[str, ExportedModel]) -> list[dict[str, Any]]:
    """Return the largest error of any result, by case, size and runtime."""
    rows = []
    for case in CASES:
        for size in SIZES:
            inputs = observe(case, size, plain.task, plain.modalities)
            output = plain._run(inputs)
            expected = dict(fused=output.fused, restored_a=output.sources[0], restored_b=output.sources[1])
            for runtime, graph in graphs.items():
                found = graph(graph_inputs(inputs))
                error = max(float(np.abs(found[key] - value.numpy()).max()) for key, value in expected.items())
                rows.append(dict(case=case, size=list(size), runtime=runtime, error=error))
    return rows


def speed(plain: FusionInferencer, graphs: dict[str, ExportedModel], repeats: int) -> dict[str, float]:
    """Return the median seconds of one pair, model and operators alone."""
    inputs = observe(SPEED_CASE, SPEED_SIZE, plain.task, plain.modalities)
    values = graph_inputs(inputs)
    runs = {'pytorch': lambda: plain._run(inputs), **{name: lambda g=g: g(values) for name, g in graphs.items()}}
    return {name: median(times) for name, times in alternate(runs, repeats).items()}


def measured_text(result: dict[str, Any]) -> str:
    """Return the tables as Markdown."""
    lines = []
    if 'parity' in result:
        part = result['parity']
        sizes = ', '.join(f'{h} x {w}' for h, w in SIZES)
        lines += [f'Largest error of fused picture and restored sources against PyTorch (float32), over {sizes} '
                  f'(height x width), of one file for any size; values in [0, 1]. Model {part["model"]}, weights '
                  f'{part["sha256"][:12]}, generated pairs, {part["machine"]["date"]}.', '',
                  '| degradation (A; B) | ONNX Runtime | OpenVINO |', '|---|---|---|']
        for case in CASES:
            worst = {r: max(row['error'] for row in part['rows'] if (row['case'], row['runtime']) == (case, r))
                     for r in FILES}
            lines.append(f'| {case} | {worst["onnxruntime"]:.1e} | {worst["openvino"]:.1e} |')
    if 'speed' in result:
        part, machine = result['speed'], result['speed']['machine']
        base = part['seconds']['pytorch']
        lines += ['', f'Time of one pair of {SPEED_SIZE[1]} x {SPEED_SIZE[0]}, {SPEED_CASE}, without reading and '
                  f'writing: medians of {part["repeats"]} runs in turn, after one that does not count. Model '
                  f'{part["model"]}, weights {part["sha256"][:12]}. {machine["processor"]}, {machine["threads"]} '
                  f'threads, float32, {machine["date"]}.', '',
                  '| backend | version | seconds | speed, PyTorch = 1 | file, MB | loading, s |',
                  '|---|---|---|---|---|---|',
                  f'| PyTorch | {machine["torch"]} | {base:.2f} | 1.00 | | |']
        for runtime, name in (('onnxruntime', 'ONNX Runtime'), ('openvino', 'OpenVINO')):
            seconds, facts = part['seconds'][runtime], part['files'][runtime]
            lines.append(f'| {name} | {facts["version"]} | {seconds:.2f} | {base / seconds:.2f} | {facts["mb"]:.1f} | '
                         f'{facts["load_s"]:.1f} |')
    return '\n'.join(lines)


def main() -> int:
    """Measure, write, and return 0 if parity holds."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--model', default='ivf', help='name of a model')
    parser.add_argument('--folder', type=Path, help='where the exported files are or go; default: a temporary folder')
    parser.add_argument('--json', type=Path, help='file of all numbers')
    parser.add_argument('--page', type=Path, help='page whose measured part is replaced')
    parser.add_argument('--parts', nargs='+', default=['parity', 'speed'], choices=['parity', 'speed'])
    parser.add_argument('--repeats', type=int, default=7, help='runs that count')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        args.folder = args.folder or Path(scratch)
        plain, graphs, facts = load(args)
        common = dict(model=args.model, sha256=plain.loaded.sha256, files=facts, machine=describe_machine())
        result = json.loads(args.json.read_text(encoding='utf-8')) if args.json and args.json.is_file() else {}
        if 'parity' in args.parts:
            result['parity'] = dict(common, rows=parity(plain, graphs))
        if 'speed' in args.parts:
            result['speed'] = dict(common, repeats=args.repeats, seconds=speed(plain, graphs, args.repeats))
    text = measured_text(result)
    print(text)
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + '\n', encoding='utf-8')
    if args.page:
        before, rest = args.page.read_text(encoding='utf-8').split(BEGIN)
        args.page.write_text(f'{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}', encoding='utf-8')
    return int(any(row['error'] > TOLERANCE for row in result.get('parity', {}).get('rows', [])))


if __name__ == '__main__':
    raise SystemExit(main())
