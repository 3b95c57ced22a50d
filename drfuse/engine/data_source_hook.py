"""Every run says what its pixels are."""

import json
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import get_world_size, master_only
from mmengine.hooks import Hook

from drfuse.registry import HOOKS
from drfuse.utils.checkpoint import CheckpointError

UNKNOWN = 'unknown'
METRICS_FILE = 'val_metrics.jsonl'


def data_source(dataset: Any) -> str:
    """Return what the pixels of a dataset are: ``files``, ``embedded-synthetic``, or ``unknown``."""
    return str((getattr(dataset, 'metainfo', None) or {}).get('data', UNKNOWN))


def data_root(dataset: Any) -> str:
    """Return the folder of a dataset as an absolute path, or an empty text."""
    meta = getattr(dataset, 'metainfo', None) or {}
    root = meta['data_root'] if 'data_root' in meta else getattr(dataset, 'data_root', None)
    return str(Path(root).resolve()) if root else ''


@HOOKS.register_module()
class DataSourceHook(Hook):
    """Writes the data source into logs, checkpoints and metric files, and guards a resume.

    A resume must use the data, seed and total batch size of the checkpoint; anything else would
    continue another experiment under the same name.

    Args:
        check_root: Whether a resume also refuses another ``data_root`` of the same kind; set False
            after moving the data.
    """

    priority = 'VERY_HIGH'

    def __init__(self, check_root: bool = True) -> None:
        self.check_root = check_root

    def before_train(self, runner: Any) -> None:
        """Say loudly what is trained on."""
        facts = self.facts(runner)
        runner.logger.info(f'===== data: {facts["data"]} ({facts["data_root"] or "no files"}) =====')

    def before_test(self, runner: Any) -> None:
        """Say loudly what is tested on."""
        dataset = runner.test_dataloader.dataset
        runner.logger.info(f'===== data: {data_source(dataset)} ({data_root(dataset) or "no files"}) =====')

    def before_save_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Add the facts to the checkpoint's meta."""
        checkpoint['meta'].update(self.facts(runner), threads=torch.get_num_threads())

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Refuse to resume on other data.

        Raises:
            CheckpointError: If data, seed or total batch size differ.
        """
        meta = checkpoint.get('meta', {})
        if not getattr(runner, '_resume', False) or 'data' not in meta:
            return
        now = dict(self.facts(runner), seed=runner.seed)
        names = ['data', 'seed', 'batch_size'] + ['data_root'] * self.check_root
        for name in names:
            if name in meta and meta[name] != now[name]:
                raise CheckpointError(
                    f'{name} of the checkpoint is {meta[name]!r}, of this run {now[name]!r}: a resume keeps them; '
                    'start a new run with --cfg-options load_from=CHECKPOINT instead')
        if meta.get('threads', torch.get_num_threads()) != torch.get_num_threads():
            runner.logger.warning(f'the checkpoint was trained with {meta["threads"]} CPU threads, this run has '
                                  f'{torch.get_num_threads()}: it continues, but not bit for bit on a CPU')

    @master_only
    def after_val_epoch(self, runner: Any, metrics: dict[str, float] | None = None) -> None:
        """Append the metrics, with the data source, to ``val_metrics.jsonl``."""
        line = dict(iter=runner.iter, epoch=runner.epoch, data=data_source(runner.val_dataloader.dataset),
                    metrics={k: float(v) for k, v in (metrics or {}).items()})
        with open(Path(runner.work_dir, METRICS_FILE), 'a') as file:
            file.write(json.dumps(line) + '\n')

    @staticmethod
    def facts(runner: Any) -> dict[str, Any]:
        """Return data source, root and total batch size of the training data."""
        loader = runner.train_dataloader
        batch_size = getattr(loader.batch_sampler, 'batch_size', None) or loader.batch_size or 1
        return dict(data=data_source(loader.dataset), data_root=data_root(loader.dataset),
                    batch_size=int(batch_size) * get_world_size())
