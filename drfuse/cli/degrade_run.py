"""The work behind ``drfuse degrade``."""

from pathlib import Path

from rich.console import Console

from drfuse.apis.degradation_spec import SourceSpec, describe_stages
from drfuse.apis.prepare import in_order
from drfuse.cli.options import DegradationOptions
from drfuse.cli.progress import progress_bar
from drfuse.cli.targets import check_folder
from drfuse.datasets.degraded_writer import write_degraded
from drfuse.datasets.paired_fusion_dataset import PairedFusionDataset
from drfuse.utils.config import UserError

NAMES = ('a', 'b')


def run(src_a: str, src_b: str, output: Path, options: DegradationOptions, seed: int, overwrite: bool) -> None:
    """Write the degraded copies.

    Raises:
        FileNotFoundError: If a folder is missing.
        UserError: If an option, a folder or a picture cannot be used.
    """
    for source in (src_a, src_b):
        if not Path(source).expanduser().is_dir():
            what = 'is no folder' if Path(source).expanduser().exists() else 'does not exist'
            raise UserError(f'{source} {what}: name folders of clean pictures')
    specs = options.specs(NAMES)
    if all(spec == SourceSpec() for spec in specs):
        raise UserError('no degradation is named: give --preset, --degradation or parts such as --a-noise')
    stages = {name: planned_stages(spec) for name, spec in zip(NAMES, specs, strict=True)}
    check_folder(output.parent)
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    folders = {name: str(Path(source).expanduser()) for name, source in zip(NAMES, (src_a, src_b), strict=True)}
    try:
        dataset = PairedFusionDataset(
            data_root='', data_prefix=folders, degradations=stages, test_mode=True, seed=seed)
        with progress_bar(console, len(dataset), 'pairs') as advance:
            sidecar = write_degraded(dataset, output, overwrite, advance)
    except FileExistsError as error:
        raise UserError(str(error).replace('allow overwriting', '--overwrite')) from None
    except (ValueError, OSError) as error:
        raise UserError(getattr(error, 'strerror', None) and f'cannot write {output}: {error.strerror}' or error) \
            from None
    for name, listed in stages.items():
        console.print(f'{name}: {describe_stages(listed)}')
    console.print(f'{len(dataset)} pairs and {sidecar.name} in {output}')


def planned_stages(spec: SourceSpec) -> list[dict]:
    """Return the stages of one source; what is not named is left out."""
    if spec.stages is not None:
        return list(spec.stages)
    pool = [dict(type='AveragePool', factor=spec.scale)] if spec.scale not in (None, 1) else []
    noise = [dict(type='GaussianNoise', sigma=spec.noise)] if spec.noise else []
    return in_order(list(spec.blur or ()), noise, pool, spec.noise_first)
