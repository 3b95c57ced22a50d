"""The work behind ``drfuse fuse``."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from drfuse.apis import FusionInferencer
from drfuse.apis.fusion_result import FusionResult
from drfuse.apis.model_zoo import TASKS, check_task
from drfuse.apis.pairs import SourcePair, match_sources
from drfuse.apis.picture_writer import write_picture
from drfuse.cli.fuse import FuseJob
from drfuse.cli.fuse_report import match_clean, write_page
from drfuse.cli.progress import progress_bar
from drfuse.cli.run import EXIT_INTERRUPTED
from drfuse.cli.targets import Target, check_targets, plan_targets


def run(job: FuseJob) -> int:
    """Fuse; everything that can be known to be wrong is told before the first picture is computed.

    Returns:
        Exit code: 0, or 130 after an interruption; files that are there are complete.

    Raises:
        FileNotFoundError: If a source is missing.
        UserError: If an option or a picture cannot be used.
    """
    check_task(job.task, job.model)
    sources = match_sources(job.a, job.b)
    for source in sources.pairs[0][1:]:
        if '://' not in source and not Path(source).expanduser().exists():
            raise FileNotFoundError(f'no file or folder {source}')
    targets = plan_targets(sources.pairs, job.output, job.save_restored, sources.single, job.report)
    clean = match_clean(job.clean, sources, job.report is not None)
    todo = check_targets(targets, job.overwrite, job.resume)
    job.degradation.specs(TASKS.get(job.task or '', ('a', 'b')))  # before the model is loaded
    inferencer = FusionInferencer(job.model or str(job.task), job.weights, job.device, job.precision, task=job.task,
                                  backend=job.backend, exported=job.exported)
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    done: list[dict[str, Any]] = []
    try:
        for report in fuse_all(job, todo, inferencer, console, clean):
            done.append(report)
            if not job.json:
                tell(report, console)
    except KeyboardInterrupt:
        console.print(f'drfuse: interrupted: {len(done)} of {len(todo)} pairs are finished; --resume continues')
        return EXIT_INTERRUPTED
    if job.json:
        print(json.dumps(dict(results=done, left_out=len(targets) - len(todo)), indent=1))
    elif len(targets) > len(todo):
        console.print(f'{len(targets) - len(todo)} pairs were finished before')
    return 0


def fuse_all(job: FuseJob, todo: Sequence[Target], inferencer: FusionInferencer, console: Console,
             clean: Mapping[str, SourcePair] | None = None) -> Iterator[dict[str, Any]]:
    """Fuse and write every pair, and yield its report; a bar shows the progress."""
    specs = job.degradation.specs(inferencer.modalities)
    with progress_bar(console, len(todo), 'pairs') as advance:
        stream = inferencer.stream([t.pair for t in todo], specs, boundary=job.degradation.boundary, gray=job.gray,
                                   chroma=job.chroma, align=job.align, tile=job.tile, progress=advance.tiles,
                                   return_trajectory=job.report is not None)
        for target, result in zip(todo, stream, strict=True):
            if target.report is not None:
                write_page(target.report, result, (clean or {}).get(target.pair.name))
            yield finish(target, result, inferencer)
            advance()


def finish(target: Target, result: FusionResult, inferencer: FusionInferencer) -> dict[str, Any]:
    """Write the files of one pair, the fused picture last: where it is, the pair is finished. Return the report."""
    for file, name in zip(target.restored, inferencer.modalities, strict=False):
        write_picture(file, result.restored_pictures[name])
    write_picture(target.fused, result.picture)
    page = None if target.report is None else str(target.report)
    return dict(result.report, output=str(target.fused), restored=[str(file) for file in target.restored], page=page)


def tell(report: dict[str, Any], console: Console) -> None:
    """Print what was assumed and done, for people."""
    for warning in report['warnings']:
        console.print(f'warning: {report["name"]}: {warning}')
    for name, source in report['sources'].items():
        sure = ', '.join(f'{part} {level}' for part, level in source.get('confidence', {}).items())
        console.print(f'{report["name"]}: {name}: {source["text"]} ({source["origin"]}'
                      f'{"; confidence: " + sure if sure else ""})')
    seconds = sum(report['seconds'].values())
    height, width = report['size']
    if report['page']:
        console.print(f'{report["page"]}: report')
    console.print(f'{report["output"]}: {width} x {height} pixels in {seconds:.1f} s')
