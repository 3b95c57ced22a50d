"""What a study compares, and the config of each of its runs."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from drfuse.evaluation.rivals.scenarios import RECIPES, SCENARIOS, Scenario
from drfuse.utils.config import UserError, config_errors, load_config
from drfuse.utils.paths import find_config

VALIDATION = {'ivf': ('RoadScene', 'splits/roadscene_val.txt'), 'mif': ('Harvard/PET-MRI', 'splits/petmri_val.txt')}
"""Task to the folder of its validation pairs inside the data root, and their list: held back from training."""
_KEYS = ('base', 'task', 'variants', 'seeds', 'scenarios', 'shared', 'amp')
_NAME = re.compile(r'\w[\w.+-]*')
_ONLY_VALIDATION = ('FusionVisualizationHook', 'TrajectoryHook', 'InterruptHook')
"""Hooks that a study's run has no use for; a run that was interrupted begins again."""
_LARGEST_MOMENTUM = 0.5


@dataclass(frozen=True)
class Study:
    """What is compared with what.

    Attributes:
        name: Of its config and results.
        base: Config that all variants start from, with ``train_cfg.max_iters``.
        task: ``ivf`` or ``mif``.
        variants: Name to what it changes of the base, merged as MMEngine does; differences are from the first.
        seeds: Every variant is trained once with each.
        scenarios: In which the validation pairs are restored.
        shared: What all variants change of the base, before their own.
        amp: Whether training runs in mixed precision.
        about: What the config says of itself.
    """

    name: str
    base: str
    task: str
    variants: Mapping[str, Mapping[str, Any]]
    seeds: tuple[int, ...]
    scenarios: tuple[str, ...]
    shared: Mapping[str, Any]
    amp: bool
    about: str = ''

    def variant_config(self, variant: str) -> Config:
        """Return the base config with what the variant changes.

        Raises:
            UserError: If a change does not fit the base.
        """
        cfg = load_config(find_config(self.base))
        with config_errors(f'study {self.name}, variant {variant}'):
            for changes in (self.shared, self.variants[variant]):
                cfg.merge_from_dict(copy.deepcopy(dict(changes)))
        return cfg

    def run_config(self, variant: str, seed: int, iterations: int) -> Config:
        """Return the config of one training: no validation, one checkpoint at the end, one thread.

        The average of the weights reaches back over the same share of the training as in the base.

        Args:
            variant: Its name.
            seed: Of weights, order of data and degradations.
            iterations: How many; the learning rate's schedule ends with them.

        Raises:
            UserError: If a change does not fit the base, or the base does not count iterations.
        """
        cfg = self.variant_config(variant)
        if 'max_iters' not in (cfg.get('train_cfg') or {}):
            raise UserError(f'study {self.name}: base {self.base} needs train_cfg.max_iters')
        stretch = cfg.train_cfg.max_iters / iterations
        cfg.train_cfg = dict(type='FusionIterTrainLoop', max_iters=iterations, val_interval=iterations + 1)
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        cfg.default_hooks.checkpoint.update(interval=iterations, by_epoch=False, max_keep_ckpts=1,
                                            save_optimizer=False, save_param_scheduler=False)
        hooks = [hook for hook in cfg.get('custom_hooks', []) if hook.type not in _ONLY_VALIDATION]
        for hook in hooks:
            if hook.type == 'EMAHook':
                hook.momentum = min(hook.momentum * stretch, _LARGEST_MOMENTUM)
        cfg.custom_hooks = [*hooks, dict(type='ClockHook')]
        cfg.visualizer = dict(type='FusionVisualizer', vis_backends=[dict(type='LocalVisBackend')])
        cfg.randomness = dict(seed=seed, deterministic=False)
        cfg.num_threads, cfg.resume = 1, False
        return cfg

    def scenario(self, name: str, data_root: str | Path) -> Scenario:
        """Return a scenario on the validation pairs; ``data_root`` holds all sets of the task."""
        folder, pairs = VALIDATION[self.task]
        return Scenario(self.task, name, str(Path(data_root, folder)), 'train', pairs)


def read_study(path: str | Path) -> Study:
    """Return the study of a config.

    Args:
        path: File, or name of one of drfuse's own configs: ``studies/steps.py``.

    Raises:
        UserError: If something is missing or none of what is allowed.
    """
    file = find_config(path)
    cfg = load_config(file)
    missing, unknown = set(_KEYS) - set(cfg), set(cfg) - set(_KEYS)
    if missing or unknown:
        raise UserError(f'{file}: a study has {", ".join(_KEYS)}; missing: {", ".join(sorted(missing)) or "none"}, '
                        f'unknown: {", ".join(sorted(unknown)) or "none"}')
    if cfg.task not in RECIPES:
        raise UserError(f'{file}: task must be one of {", ".join(RECIPES)}, got {cfg.task!r}')
    variants = cfg.variants.to_dict()
    for what, items in (('variants', variants), ('seeds', cfg.seeds), ('scenarios', cfg.scenarios)):
        if not items or len(set(items)) < len(items):
            raise UserError(f'{file}: {what} must be one or more, all different, got {list(items)}')
    for kind, names, allowed in (('scenario', cfg.scenarios, lambda name: name in SCENARIOS),
                                 ('variant', variants, _NAME.fullmatch)):
        for name in names:
            if not allowed(name):
                raise UserError(f'{file}: {name!r} is no name of a {kind}; allowed are '
                                + (', '.join(SCENARIOS) if kind == 'scenario' else 'letters, digits, _ . + -'))
    return Study(file.stem, cfg.base, cfg.task, variants, tuple(cfg.seeds), tuple(cfg.scenarios),
                 cfg.shared.to_dict(), bool(cfg.amp), _first_line(file))


def _first_line(file: Path) -> str:
    lines = file.read_text(encoding='utf-8').splitlines()
    return lines[0].strip('"') if lines and lines[0].startswith('"""') else ''


def key_of(*facts: Any) -> str:
    """Return a hash of configs and plain values, by which results are known again."""
    plain = [fact.to_dict() if isinstance(fact, Config) else fact for fact in facts]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=repr).encode()).hexdigest()
