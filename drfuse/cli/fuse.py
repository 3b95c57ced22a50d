"""``drfuse fuse``: restore and fuse pictures. Imports nothing heavy before it runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from drfuse.cli import options
from drfuse.cli.options import COMPUTING, PLACES, DegradationOptions


@dataclass(frozen=True)
class FuseJob:
    """Everything the options of ``drfuse fuse`` say.

    Attributes:
        a: Picture or folder.
        b: Picture or folder.
        output: File or folder.
        task: ``ivf`` or ``mif``; None = the model's.
        model: Name or config; None = the task's.
        weights: Checkpoint; None = the model's.
        degradation: How the sources are degraded.
        save_restored: Folder for the restored sources.
        gray: Grey results.
        chroma: ``guided`` or ``observed``.
        tile: ``auto``, ``off`` or a number of pixels.
        align: Shift A onto B.
        overwrite: Replace existing files.
        resume: Leave out what is finished.
        json: Print the report as JSON.
        device: None = CUDA where there is one.
        precision: ``auto``, ``float32`` or ``bfloat16``.
        report: HTML file, or folder for several pairs.
        clean: Clean pictures or folders for A and B, for the report.
        backend: ``pytorch``, ``onnxruntime`` or ``openvino``.
        exported: File of ``drfuse export`` for the latter two.
    """

    a: str
    b: str
    output: Path
    task: str | None
    model: str | None
    weights: Path | None
    degradation: DegradationOptions
    save_restored: Path | None
    gray: bool
    chroma: str
    tile: int | str
    align: bool
    overwrite: bool
    resume: bool
    json: bool
    device: str | None
    precision: str
    report: Path | None = None
    clean: tuple[str | None, str | None] = (None, None)
    backend: str = 'pytorch'
    exported: Path | None = None


def fuse(  # noqa: PLR0913 - one parameter per option
    src_a: options.SourceA, src_b: options.SourceB,
    output: Annotated[Path, typer.Option('--output', '-o', help='File, or folder: files then have the names of B.',
                                         rich_help_panel=PLACES)],
    task: options.Task = None,
    preset: options.Preset = None,
    degradation: options.File = None,
    a_noise: options.Noise = None, a_blur: options.Blur = None, a_scale: options.Scale = None,
    b_noise: options.Noise = None, b_blur: options.Blur = None, b_scale: options.Scale = None,
    boundary: options.Boundary = 'reflect',
    save_restored: Annotated[Path | None, typer.Option(
        metavar='DIR', help='Write the restored sources to DIR/a and DIR/b.', rich_help_panel=PLACES)] = None,
    report: Annotated[Path | None, typer.Option(
        metavar='FILE.html', help='Write a page that shows the pictures, every step, metrics and settings; '
        'for folders, a folder of pages.', rich_help_panel=PLACES)] = None,
    clean_a: options.Clean = None, clean_b: options.Clean = None,
    overwrite: Annotated[bool, typer.Option('--overwrite', help='Replace existing files.',
                                            rich_help_panel=PLACES)] = False,
    resume: Annotated[bool, typer.Option('--resume', help='Leave out pairs whose files exist.',
                                         rich_help_panel=PLACES)] = False,
    gray: Annotated[bool, typer.Option('--gray', help='Write grey pictures.')] = False,
    chroma: options.Chroma = 'guided',
    tile: Annotated[str, typer.Option(
        help='Tiles for large pictures: auto (where memory is short), off, or their side in pixels.',
        rich_help_panel=COMPUTING)] = 'auto',
    align: Annotated[bool, typer.Option(
        '--align', help='Infrared-visible: move A onto B where a small shift is measured.')] = False,
    json: Annotated[bool, typer.Option('--json', help='Print the report as JSON.')] = False,
    model: options.Model = None, weights: options.Weights = None, device: options.Device = None,
    precision: options.Precision = 'auto',
    backend: options.Backend = 'pytorch', exported: options.Exported = None,
) -> None:
    """Restore two pictures and fuse them into one; the result has size, bit depth and name of B.

    What is not said of the degradation is estimated, and told.

    For example:

    drfuse fuse ir.png visible.jpg -o fused.jpg --task ivf

    drfuse fuse pet/ mri/ -o fused/ --task mif --preset composite --save-restored restored/

    drfuse fuse ir.png vis.png -o out/ --task ivf --a-noise 0.03 --a-blur gaussian:2 --b-noise 0.01 --b-blur none
    """
    parts = ((a_blur, a_noise, a_scale), (b_blur, b_noise, b_scale))
    known = DegradationOptions(preset, degradation, parts, boundary)
    size = int(tile) if tile.isdecimal() else tile
    raise typer.Exit(_start(FuseJob(src_a, src_b, output, task, model, weights, known, save_restored, gray, chroma,
                                    size, align, overwrite, resume, json, device, precision, report,
                                    (clean_a, clean_b), backend, exported)))


def _start(job: FuseJob) -> int:
    """Check the installation, do the work and return the exit code."""
    from drfuse.cli.fuse_run import run  # noqa: PLC0415 - keeps `drfuse --help` fast
    from drfuse.utils.environment import check_environment  # noqa: PLC0415 - the same

    check_environment()
    return run(job)
