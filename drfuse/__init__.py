"""Fuse degraded image pairs into one clean image and restore both sources on the way.

Importing the package costs nothing: registries import the modules they need when a config asks
for a type (see :mod:`drfuse.registry`), and ``FusionInferencer`` is imported when it is asked for.
"""

from typing import Any

from drfuse.version import __version__

__all__ = ['FusionInferencer', '__version__']


def __getattr__(name: str) -> Any:
    if name == 'FusionInferencer':
        from drfuse.apis import FusionInferencer  # noqa: PLC0415 - imports torch

        return FusionInferencer
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
