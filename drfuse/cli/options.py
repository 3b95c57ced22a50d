"""Options that several commands share, in one place."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

DEGRADATION, PLACES, COMPUTING = 'How the sources are degraded', 'Files', 'Computing'

SourceA = Annotated[str, typer.Argument(metavar='SRC_A', help='Infrared or PET: a picture or a folder.')]
SourceB = Annotated[str, typer.Argument(
    metavar='SRC_B', help='Visible or MRI: a picture or a folder; files belong together by stem.')]
Preset = Annotated[str | None, typer.Option(
    help="The paper's scenarios: noise (variance .003), blur (sigma 2) or composite (blur, noise of variance .001).",
    rich_help_panel=DEGRADATION)]
File = Annotated[Path | None, typer.Option(
    help='A YAML file with the stages of a and b.', rich_help_panel=DEGRADATION)]
Noise = Annotated[float | None, typer.Option(
    metavar='SIGMA', help='Noise: standard deviation per stored channel, in 0..1 (8-bit levels / 255).',
    rich_help_panel=DEGRADATION)]
Blur = Annotated[str | None, typer.Option(
    metavar='BLUR', help='none, gaussian:SIGMA, motion:LENGTH:ANGLE or defocus:RADIUS, in pixels and degrees.',
    rich_help_panel=DEGRADATION)]
Scale = Annotated[int | None, typer.Option(
    metavar='FACTOR', help='Low resolution, integer factor; default: by the sizes.', rich_help_panel=DEGRADATION)]
Boundary = Annotated[str, typer.Option(
    help='Border of blurs: reflect, zero (dark frame) or circular.', rich_help_panel=DEGRADATION)]
Task = Annotated[str | None, typer.Option(
    help='ivf: infrared A, visible B, colour of B. mif: PET A, MRI B, colour of A.')]
Chroma = Annotated[str, typer.Option(
    help='guided restores colours with the restored luminance, observed takes them as they are.')]
Clean = Annotated[str | None, typer.Option(
    metavar='CLEAN', help='Clean picture or folder of this source: the report measures against it.',
    rich_help_panel=PLACES)]
Model = Annotated[str | None, typer.Option(
    help="Name of a model of 'drfuse models', or a config with --weights; default: the task's.",
    rich_help_panel=COMPUTING)]
Weights = Annotated[Path | None, typer.Option(help="Checkpoint; default: the model's.", rich_help_panel=COMPUTING)]
Device = Annotated[str | None, typer.Option(
    help='cpu, cuda, cuda:1, ...; default: CUDA where there is one.', rich_help_panel=COMPUTING)]
Precision = Annotated[str, typer.Option(
    help='Of the network: auto, float32 or bfloat16.', rich_help_panel=COMPUTING)]
Backend = Annotated[str, typer.Option(
    help='pytorch; or onnxruntime or openvino, which run an exported model on the CPU.', rich_help_panel=COMPUTING)]
Exported = Annotated[Path | None, typer.Option(
    metavar='FILE', help="File of 'drfuse export' for these; default: one that is made once and kept.",
    rich_help_panel=COMPUTING)]


@dataclass(frozen=True)
class DegradationOptions:
    """What the options say of the degradation; see :mod:`drfuse.apis.degradation_spec`.

    Attributes:
        preset: Name of a preset.
        file: YAML file.
        parts: Blur, noise and scale of A and of B.
        boundary: Border of blurs.
    """

    preset: str | None
    file: Path | None
    parts: tuple[tuple[str | None, float | None, int | None], ...]
    boundary: str

    def specs(self, modalities: tuple[str, ...]) -> tuple[Any, ...]:
        """Return a :class:`~drfuse.apis.degradation_spec.SourceSpec` for each source.

        Raises:
            UserError: If the options contradict each other or are out of range.
        """
        from drfuse.apis.degradation_spec import PRESETS, override, parse_degradation  # noqa: PLC0415 - slow
        from drfuse.utils.config import UserError  # noqa: PLC0415 - slow

        if self.preset is not None and self.file is not None:
            raise UserError('--preset and --degradation exclude each other: give one of them')
        if self.preset is not None and self.preset not in PRESETS:
            raise UserError(f'--preset must be one of {", ".join(PRESETS)}, got {self.preset!r}')
        found = parse_degradation(self.preset or self.file, modalities, self.boundary)
        return tuple(override(spec, *parts, f'source {letter}', self.boundary)
                     for spec, parts, letter in zip(found, self.parts, 'AB', strict=True))
