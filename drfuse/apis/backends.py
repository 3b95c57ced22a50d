"""What runs a model: PyTorch, or a graph that was exported from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import torch

from drfuse.apis.model_zoo import LoadedModel
from drfuse.degradations import Observation
from drfuse.diffusion.output import FusionOutput
from drfuse.utils.config import UserError

BACKENDS = ('pytorch', 'onnxruntime', 'openvino')


def check_backend(backend: str, exported: str | Path | None, precision: str, device: str | torch.device | None) -> None:
    """Refuse choices that exclude each other.

    Raises:
        UserError: One line that says which are allowed.
    """
    if backend not in BACKENDS:
        raise UserError(f'backend must be one of {", ".join(BACKENDS)}, got {backend!r}')
    if backend == 'pytorch':
        if exported is not None:
            raise UserError(f'the backend pytorch runs no exported model, got {exported}: choose another backend')
        return
    if precision == 'bfloat16' or str(device or 'cpu') != 'cpu':
        raise UserError(f'the backend {backend} runs on the CPU in float32, got precision {precision!r} and device '
                        f'{str(device or "cpu")!r}')


class ExportedBackend:
    """Runs an exported graph in place of a model.

    Args:
        backend: ``'onnxruntime'`` or ``'openvino'``.
        loaded: The model that is meant.
        exported: File of ``drfuse export``, made of the same weights; None = one for any size that is made once and
            kept in the cache folder (``XDG_CACHE_HOME``, else ``~/.cache``).

    Raises:
        FileNotFoundError: If there is no such file.
        UserError: If the runtime is not installed, or the file belongs to other weights or another config.
    """

    def __init__(self, backend: str, loaded: LoadedModel, exported: str | Path | None = None) -> None:
        from drfuse.export import ExportedModel  # noqa: PLC0415 - an extra
        from drfuse.utils.extras import require  # noqa: PLC0415 - with it

        require('export', backend)
        file = Path(exported) if exported is not None else cached_graph(backend, loaded)
        self.graph = ExportedModel(file, backend, torch.get_num_threads())
        found, config = (self.graph.metadata.get(f'{part}_sha256') or '' for part in ('weights', 'config'))
        if found != loaded.sha256:
            raise UserError(f'{file} was exported from weights {found[:12]}..., not from {loaded.weights} '
                            f'({loaded.sha256[:12]}...)')
        if config != loaded.config_sha256:
            raise UserError(f'{file} was exported with another network or sampler than {loaded.name} has now: '
                            'export it again')

    def __call__(self, inputs: Mapping[str, Observation]) -> FusionOutput:
        """Return what the graph makes of observations, pair by pair.

        Raises:
            UserError: If it takes no such size or degradation.
        """
        from drfuse.export import graph_inputs  # noqa: PLC0415 - an extra

        number = len(next(iter(inputs.values())).y)
        results = [self.graph(graph_inputs({name: o.sample(i) for name, o in inputs.items()})) for i in range(number)]
        joined = {name: torch.cat([torch.from_numpy(result[name]) for result in results]) for name in results[0]}
        weight = joined['weight_a']
        return FusionOutput((joined['restored_a'], joined['restored_b']), joined['fused'],
                            torch.cat((weight, 1 - weight), 1))


def cached_graph(backend: str, loaded: LoadedModel) -> Path:
    """Return the graph of a model for any size, exported if it is not in the cache folder yet."""
    from drfuse.export import export_model  # noqa: PLC0415 - an extra
    from drfuse.export.writer import GRAPH_VERSION  # noqa: PLC0415 - the same

    folder = Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'drfuse'
    suffix = '.xml' if backend == 'openvino' else '.onnx'
    file = folder / f'{loaded.name}-{loaded.sha256[:12]}-{loaded.config_sha256[:8]}-{GRAPH_VERSION}{suffix}'
    if not file.is_file():
        export_model(loaded, file)
    return file
