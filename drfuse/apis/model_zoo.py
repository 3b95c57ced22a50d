"""Trained models by name: found on this machine, checked by their hash, never downloaded."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import nn

from drfuse.registry import DATASETS, MODELS
from drfuse.utils.checkpoint import file_sha256, load_weights, model_weights, read_checkpoint
from drfuse.utils.config import UserError, config_errors, load_config
from drfuse.utils.paths import find_config, share_root

TASKS = {'ivf': ('ir', 'vis'), 'mif': ('pet', 'mri')}
"""Task to the modalities of its sources, A first."""

METAFILE = 'metafile.yml'
_KEYS = ('Name', 'Config', 'Weights', 'SHA256', 'Task', 'Modalities', 'Summary')


@dataclass(frozen=True)
class ZooModel:
    """A trained model.

    Attributes:
        name: How users call it.
        config: Config file.
        weights: Checkpoint file.
        sha256: SHA-256 that the checkpoint must have, 64 hexadecimal digits.
        task: Key of :data:`TASKS`.
        modalities: Names of the sources in the order in which the model takes them.
        summary: One line for people.
        keeps_bfloat16: Whether it was measured to keep its accuracy in bfloat16; the optional key Bfloat16.
    """

    name: str
    config: Path
    weights: Path
    sha256: str
    task: str
    modalities: tuple[str, ...]
    summary: str
    keeps_bfloat16: bool = False


@dataclass(frozen=True)
class LoadedModel:
    """A model that is ready to predict, and where it came from.

    Attributes:
        model: In evaluation mode, on its device.
        name: Name in the zoo, or of the config.
        task: Key of :data:`TASKS`.
        modalities: Names of the sources, A first.
        weights: Checkpoint file.
        sha256: SHA-256 of the checkpoint.
        config_sha256: That of what the config says of network and sampler.
        listed: Whether it is one of the zoo, which says its task; that of a config follows from its modalities.
        keeps_bfloat16: As of the zoo's model; of other weights it is not known.
    """

    model: nn.Module
    name: str
    task: str
    modalities: tuple[str, ...]
    weights: Path
    sha256: str
    config_sha256: str
    listed: bool
    keeps_bfloat16: bool = False


def zoo_folder(folder: str | Path | None = None) -> Path:
    """Return the folder of the weights: ``folder``, or ``weights/`` of the checkout or inside the installed package."""
    return Path(folder) if folder is not None else share_root() / 'weights'


def list_models(folder: str | Path | None = None) -> dict[str, ZooModel]:
    """Return the models of a folder by name, read from its ``metafile.yml``.

    Args:
        folder: Folder of weights; None = drfuse's own. Config files are relative to the folder that holds it.

    Raises:
        UserError: If the metafile is missing or wrong.
    """
    folder = zoo_folder(folder)
    file = folder / METAFILE
    if not file.is_file():
        raise UserError(f'no list of models {file}')
    try:
        content = yaml.safe_load(file.read_text(encoding='utf-8'))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f'{file} is not YAML: {getattr(error, "problem", error)}') from None
    entries = (content or {}).get('Models') if isinstance(content or {}, Mapping) else None
    if not isinstance(entries, list):
        raise UserError(f'{file} needs a list Models')
    models = [_entry(entry, folder, file) for entry in entries]
    if len({model.name for model in models}) < len(models):
        raise UserError(f'{file} names a model twice: {", ".join(sorted(model.name for model in models))}')
    return {model.name: model for model in models}


def _entry(entry: Any, folder: Path, file: Path) -> ZooModel:
    missing = [key for key in _KEYS if not isinstance(entry, Mapping) or key not in entry]
    if missing:
        raise UserError(f'{file}: a model lacks {", ".join(missing)}; needed are {", ".join(_KEYS)}')
    if entry['Task'] not in TASKS:
        raise UserError(f'{file}: Task of {entry["Name"]} must be one of {", ".join(TASKS)}, got {entry["Task"]!r}')
    return ZooModel(str(entry['Name']), folder.resolve().parent / str(entry['Config']), folder / str(entry['Weights']),
                    str(entry['SHA256']).lower(), entry['Task'], tuple(map(str, entry['Modalities'])),
                    str(entry['Summary']), entry.get('Bfloat16') is True)


def verify(name: str | None = None, folder: str | Path | None = None) -> dict[str, str]:
    """Return ``'ok'``, ``'missing'`` or ``'wrong hash'`` for the weights of one model or of all.

    Raises:
        UserError: If there is no such model.
    """
    models = list_models(folder)
    chosen = models if name is None else {name: _find(name, models)}
    return {key: _state(model) for key, model in chosen.items()}


def _state(model: ZooModel) -> str:
    if not model.weights.is_file():
        return 'missing'
    return 'ok' if file_sha256(model.weights) == model.sha256 else 'wrong hash'


def _find(name: str, models: Mapping[str, ZooModel]) -> ZooModel:
    if name in models:
        return models[name]
    if name in TASKS:
        raise UserError(f'no trained model of the task {name} is here: name one by --model CONFIG --weights FILE')
    close = difflib.get_close_matches(name, models, n=1)
    hint = f'; did you mean {close[0]}?' if close else ''
    raise UserError(f"no model and no config is called {name!r}; 'drfuse models' lists the models{hint}")


def check_task(task: str | None, model: str | Path | None) -> None:
    """Refuse a command line that names neither a task nor a model, or a task that there is not.

    Raises:
        UserError: If so.
    """
    if task is None and model is None:
        raise UserError('--task is needed: ivf (infrared and visible) or mif (PET and MRI)')
    if task is not None and task not in TASKS:
        raise UserError(f'--task must be one of {", ".join(TASKS)}, got {task!r}')


def load_model(name_or_config: str | Path, weights: str | Path | None = None, device: str | torch.device | None = None,
               folder: str | Path | None = None) -> LoadedModel:
    """Build a model and load its weights, executing nothing in the file.

    Args:
        name_or_config: Name of :func:`list_models`; or a config file, or the name of one of drfuse's own configs, which
            needs ``weights``.
        weights: Checkpoint; None = that of the named model, which must have its hash.
        device: Where to; None = CUDA where there is one, else the CPU.
        folder: Folder of weights; None = drfuse's own.

    Raises:
        UserError: If the model, its weights or the device is not there, or the weights have another hash or form.
    """
    target = find_device(device)
    models = list_models(folder) if folder is not None or zoo_folder().is_dir() else {}
    text = str(name_or_config)
    is_config = text not in models and (text.endswith('.py') or '/' in text or Path(text).is_file())
    if is_config:
        if weights is None:
            raise UserError(f'config {text} needs weights: name a checkpoint')
        return _load(Path(text).stem, find_config(name_or_config), Path(weights), None, target)
    entry = _find(text, models)
    if weights is None:
        _check_hash(entry)
    return _load(entry.name, entry.config, Path(weights or entry.weights), entry, target)


def _check_hash(entry: ZooModel) -> None:
    state = _state(entry)
    if state == 'missing':
        raise UserError(f'the weights of {entry.name} are not at {entry.weights}; nothing is downloaded: put the file '
                        'there, or name another one')
    if state != 'ok':
        raise UserError(f'{entry.weights} does not have the SHA-256 of {entry.name} ({entry.sha256[:12]}...): '
                        'it is damaged or another file')


def _load(name: str, config: Path, weights: Path, entry: ZooModel | None, device: torch.device) -> LoadedModel:
    cfg = load_config(config)
    if not isinstance(cfg.get('model'), Mapping):
        raise UserError(f'{config} has no model')
    checkpoint = model_weights(read_checkpoint(weights))
    with config_errors(config):
        model = MODELS.build({**cfg.model, 'losses': None})
        modalities = entry.modalities if entry else _modalities(cfg)
    # what only training needs may be absent or present
    load_weights(model, {k: v for k, v in checkpoint.items() if not k.startswith('losses.')}, weights)
    task = entry.task if entry else 'ivf' if 'vis' in modalities else 'mif'
    model.requires_grad_(False)
    keeps = entry is not None and entry.keeps_bfloat16 and weights == entry.weights
    return LoadedModel(model.to(device).eval(), name, task, modalities, weights, file_sha256(weights),
                       _fingerprint(cfg.model), entry is not None, keeps)


def _fingerprint(model: Mapping) -> str:
    """Return the SHA-256 of what a model computes, weights aside."""
    told = {key: value for key, value in model.items() if key not in ('losses', 'train_only')}
    return sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _modalities(cfg: Mapping) -> tuple[str, ...]:
    """Return the modalities that the data set of a config has, in order; those of infrared-visible if it has none."""
    loader = next((cfg[key] for key in ('test_dataloader', 'train_dataloader') if cfg.get(key)), None)
    dataset = (loader or {}).get('dataset') or {}
    kind = DATASETS.get(dataset.get('type', ''))
    prefix = dataset.get('data_prefix') or getattr(kind, 'DEFAULT_PREFIX', None) or dataset.get('degradations')
    return tuple(prefix or TASKS['ivf'])


def find_device(device: str | torch.device | None) -> torch.device:
    """Return the device; None = CUDA where there is one, else the CPU.

    Raises:
        UserError: If it is unknown or not available.
    """
    if device is None or device == 'auto':
        return torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    try:
        found = torch.device(device)
    except RuntimeError:
        raise UserError(f'device must be cpu, cuda, cuda:0, ... or another one of torch, got {str(device)!r}') from None
    try:
        torch.zeros(1, device=found)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UserError(f'device {str(device)!r} cannot be used here: {str(error).splitlines()[0]}') from None
    return found
