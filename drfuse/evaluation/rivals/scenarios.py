"""The scenarios of a comparison: which pairs, degraded how."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mmengine.registry import init_default_scope

from drfuse.datasets import PairedFusionDataset
from drfuse.registry import DATASETS
from drfuse.utils.config import UserError, config_errors, load_config
from drfuse.utils.paths import find_config, share_root

CLEAN = 'clean'
RECIPES = {'ivf': 'drfusion/ivf_{}_roadscene.py', 'mif': 'drfusion/mif_{}.py'}
"""Task to the configs whose ``test_dataloader`` has the degradations."""
SCENARIOS = ('noise', 'blur', 'composite', CLEAN)


@dataclass(frozen=True)
class Scenario:
    """Pairs of a task, degraded by the recipe of a config.

    Attributes:
        task: ``ivf`` or ``mif``.
        name: One of :data:`SCENARIOS`.
        data_root: Folder of the data set.
        split: Folder of the pairs inside it: ``train`` (validation pairs are held back from there) or ``test``.
        pairs: List file of stems, or empty for all pairs of the split.
        boundary: Boundary of all blurs, in place of the recipe's own; empty = the recipe's.
    """

    task: str
    name: str
    data_root: str
    split: str
    pairs: str = ''
    boundary: str = ''

    def dataset_config(self) -> dict[str, Any]:
        """Return the config of the data set; its noise is drawn by file stem, the same for every method.

        Raises:
            UserError: If task or scenario is unknown.
        """
        if self.task not in RECIPES or self.name not in SCENARIOS:
            raise UserError(f'task must be one of {", ".join(RECIPES)} and a scenario one of {", ".join(SCENARIOS)}, '
                            f'got {self.task} and {self.name}')
        recipe = RECIPES[self.task].format('noise' if self.name == CLEAN else self.name)
        cfg = copy.deepcopy(load_config(find_config(recipe)).test_dataloader.dataset.to_dict())
        cfg.pop('embedded', None)
        cfg.update(data_root=self.data_root, split=self.split, ann_file=_list_file(self.pairs))
        if self.name == CLEAN:
            cfg['degradations'] = {}
        if self.boundary:
            _set_boundary(cfg['degradations'], self.boundary)
        return cfg


def _list_file(pairs: str) -> str:
    """Return a list file by its absolute path: one of the caller's, or one of drfuse's own."""
    if not pairs:
        return ''
    for path in (Path(pairs), share_root() / pairs):
        if path.is_file():
            return str(path.resolve())
    raise UserError(f'list of pairs {pairs} does not exist')


def _set_boundary(node: Any, boundary: str) -> None:
    """Set the boundary of everything that has one."""
    if isinstance(node, dict):
        if 'boundary' in node:
            node['boundary'] = boundary
        node = list(node.values())
    if isinstance(node, list | tuple):
        for child in node:
            _set_boundary(child, boundary)


@lru_cache(maxsize=16)
def scenario_dataset(scenario: Scenario) -> PairedFusionDataset:
    """Return the data set, kept for the next call.

    Raises:
        UserError: If a folder, a list or a pair is missing.
    """
    init_default_scope('drfuse')
    with config_errors(scenario.data_root):
        return DATASETS.build(scenario.dataset_config())


@lru_cache(maxsize=64)
def stems(scenario: Scenario) -> list[str]:
    """Return the stems of the pairs, in order."""
    dataset = scenario_dataset(scenario)
    return [dataset.get_data_info(i)['stem'] for i in range(len(dataset))]


def paths(scenario: Scenario, stem: str) -> Mapping[str, str]:
    """Return modality to file of a pair."""
    return scenario_dataset(scenario).get_data_info(stems(scenario).index(stem))['paths']
