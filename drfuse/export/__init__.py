"""Models as files for ONNX Runtime and OpenVINO, and what runs them; nothing heavy is imported before it is used."""

from importlib import import_module
from typing import Any

_HOMES = dict(ExportedModel='runtime', export_model='writer', FORMATS='writer', graph_inputs='adapter')

__all__ = ['FORMATS', 'ExportedModel', 'export_model', 'graph_inputs']


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_HOMES[name]}'), name)
