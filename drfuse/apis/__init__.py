"""For people: models by name, and one call that fuses any pair."""

from drfuse.apis.fusion_inferencer import FusionInferencer
from drfuse.apis.fusion_result import FusionResult
from drfuse.apis.model_zoo import list_models, load_model, verify
from drfuse.apis.picture import Picture, as_picture
from drfuse.apis.picture_io import read_picture
from drfuse.apis.picture_writer import write_picture

__all__ = [
    'FusionInferencer',
    'FusionResult',
    'Picture',
    'as_picture',
    'list_models',
    'load_model',
    'read_picture',
    'verify',
    'write_picture',
]
