"""Images of a test."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.hooks import Hook

from drfuse.registry import HOOKS
from drfuse.visualization.image_writer import safe_name, write_png
from drfuse.visualization.panel import draw_panel


@HOOKS.register_module()
class SaveImagesHook(Hook):
    """Writes fused and restored images and panels as 8-bit PNG, named by the file stem.

    Folders: ``fused`` (with colour where a source has chroma), ``restored/<modality>``, and ``panels``
    (observed | restored | weight of each source, and the fused image).

    Args:
        out_dir: Folder.
    """

    def __init__(self, out_dir: str) -> None:
        self.out_dir = Path(out_dir)

    def after_test_iter(self, runner: Any, batch_idx: int, data_batch: Any = None,
                        outputs: Sequence[Any] | None = None) -> None:
        """Write the images of one batch."""
        for i, sample in enumerate(outputs or ()):
            name = safe_name(str(sample.get('stem', f'{batch_idx}_{i}'))) + '.png'
            image = sample.get('fused_image')
            write_png(self.out_dir / 'fused' / name, sample.pred_fused if image is None else image)
            sources = sample.get('pred_sources')
            sources = () if sources is None else sources
            modalities = sample.get('modalities') or [f'source{k + 1}' for k in range(len(sources))]
            for modality, source in zip(modalities, sources, strict=True):
                write_png(self.out_dir / 'restored' / modality / name, source)
            if len(sources):
                write_png(self.out_dir / 'panels' / name, draw_panel(sample))
