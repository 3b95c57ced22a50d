"""Fuse degraded image pairs into one clean image and restore both sources on the way.

Importing the package costs nothing: registries import the modules they need when a config asks
for a type (see :mod:`drfuse.registry`).
"""

from drfuse.version import __version__

__all__ = ['__version__']
