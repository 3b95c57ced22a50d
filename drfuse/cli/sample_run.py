"""The work behind ``drfuse sample``."""

import tempfile
from pathlib import Path

from rich.console import Console

from drfuse.cli.degrade_run import planned_stages
from drfuse.cli.options import DegradationOptions
from drfuse.cli.progress import progress_bar
from drfuse.cli.targets import check_folder
from drfuse.datasets.degraded_writer import write_degraded
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.datasets.paired_fusion_dataset import PairedFusionDataset
from drfuse.utils.config import UserError

PRESET, FACTOR = 'composite', 2


def run(output: Path, task: str, number: int, size: tuple[int, int]) -> None:
    """Write the pairs; the folder appears complete or not at all.

    Raises:
        UserError: If the folder exists or cannot be made, or an option cannot be used.
    """
    if output.exists():
        raise UserError(f'{output} exists: name another folder')
    try:
        names = EmbeddedPairs(task, num=number, size=size).modalities
    except ValueError as error:
        raise UserError(str(error).replace('embedded ', '')) from None
    check_folder(output.parent)
    specs = DegradationOptions(PRESET, None, ((None, None, FACTOR), (None, None, None)), 'reflect').specs(names)
    stages = {name: planned_stages(spec) for name, spec in zip(names, specs, strict=True)}
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with progress_bar(console, 2 * number, 'pictures') as advance, \
                tempfile.TemporaryDirectory(dir=output.parent, prefix=f'.{output.name}.') as scratch:
            folder = Path(scratch, output.name)
            for version, degradations in dict(clean={}, degraded=stages).items():
                pairs = PairedFusionDataset(embedded=dict(task=task, num=number, size=size), split='sample',
                                            degradations=degradations, test_mode=True)
                write_degraded(pairs, folder / version, on_pair=advance)
            folder.rename(output)
    except OSError as error:
        raise UserError(f'cannot write {output}: {error.strerror or error}') from None
    console.print(f'{number} generated pair{"s" * (number > 1)}: drfuse fuse {output}/degraded/{names[0]} '
                  f'{output}/degraded/{names[1]} -o fused --task {task.split("-")[0]} --preset {PRESET}')
