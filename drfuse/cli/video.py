"""``drfuse video``: restore and fuse clips. Imports nothing heavy before it runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from drfuse.cli import options
from drfuse.cli.options import PLACES, DegradationOptions


@dataclass(frozen=True)
class VideoJob:
    """Everything the options of ``drfuse video`` say.

    Attributes:
        a: Video file or folder of frames.
        b: Video file or folder of frames.
        output: Video file, or folder for frames.
        task: ``ivf`` or ``mif``; None = the model's.
        model: Name or config; None = the task's.
        weights: Checkpoint; None = the model's.
        degradation: How the sources are degraded.
        pad: ``error`` or ``shortest``.
        fps: Frames per second of the result; None = those of the files.
        gray: Grey frames.
        chroma: ``guided`` or ``observed``.
        steady: Average over time what does not move.
        overwrite: Replace what is there.
        resume: Keep finished frames.
        device: None = CUDA where there is one.
        precision: ``auto``, ``float32`` or ``bfloat16``.
    """

    a: Path
    b: Path
    output: Path
    task: str | None
    model: str | None
    weights: Path | None
    degradation: DegradationOptions
    pad: str
    fps: float | None
    gray: bool
    chroma: str
    steady: bool
    overwrite: bool
    resume: bool
    device: str | None
    precision: str


def video(  # noqa: PLR0913 - one parameter per option
    src_a: Annotated[Path, typer.Argument(help='Infrared or PET: a video file or a folder of frames.')],
    src_b: Annotated[Path, typer.Argument(help='Visible or MRI: a video file or a folder of frames.')],
    output: Annotated[Path, typer.Option('--output', '-o', help='Video file (.mp4, .mkv, .avi), or folder for frames.',
                                         rich_help_panel=PLACES)],
    task: options.Task = None,
    preset: options.Preset = None,
    degradation: options.File = None,
    a_noise: options.Noise = None, a_blur: options.Blur = None, a_scale: options.Scale = None,
    b_noise: options.Noise = None, b_blur: options.Blur = None, b_scale: options.Scale = None,
    boundary: options.Boundary = 'reflect',
    pad: Annotated[str, typer.Option(
        help='Clips of different length: error refuses them, shortest leaves out what has no partner.')] = 'error',
    fps: Annotated[float | None, typer.Option(
        help='Frames per second of a video file; default: those of the sources, 25 for folders.')] = None,
    overwrite: Annotated[bool, typer.Option('--overwrite', help='Replace what is there.',
                                            rich_help_panel=PLACES)] = False,
    resume: Annotated[bool, typer.Option('--resume', help='Continue: keep the frames that are finished.',
                                         rich_help_panel=PLACES)] = False,
    gray: Annotated[bool, typer.Option('--gray', help='Write grey frames.')] = False,
    chroma: options.Chroma = 'guided',
    steady: Annotated[bool, typer.Option(
        '--steady', help='Camera that stands still: average over time what does not move.')] = False,
    model: options.Model = None, weights: options.Weights = None, device: options.Device = None,
    precision: options.Precision = 'auto',
) -> None:
    """Restore two clips and fuse them frame by frame; sound is left out.

    What is not said of the degradation is estimated once for the clip, and told.

    For example:

    drfuse video ir.mp4 visible.mp4 -o fused.mp4 --task ivf

    drfuse video ir_frames/ vis_frames/ -o fused_frames/ --task ivf --preset noise --pad shortest
    """
    from drfuse.cli.video_run import run  # noqa: PLC0415 - keeps `drfuse --help` fast
    from drfuse.utils.environment import check_environment  # noqa: PLC0415 - the same

    check_environment()
    parts = ((a_blur, a_noise, a_scale), (b_blur, b_noise, b_scale))
    known = DegradationOptions(preset, degradation, parts, boundary)
    raise typer.Exit(run(VideoJob(src_a, src_b, output, task, model, weights, known, pad, fps, gray, chroma, steady,
                                  overwrite, resume, device, precision)))
