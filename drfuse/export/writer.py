"""From a model's name to a file: ONNX, or OpenVINO's .xml and .bin."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from drfuse.apis.model_zoo import LoadedModel, load_model
from drfuse.export.graph_operator import FACTORS
from drfuse.export.spectral import LARGEST_SIDE
from drfuse.export.unrolled import IMAGES, INPUTS, OUTPUTS, UnrolledFusion
from drfuse.utils.config import UserError
from drfuse.utils.extras import require
from drfuse.version import __version__

if TYPE_CHECKING:
    import onnx

SUFFIXES = dict(onnx='.onnx', openvino='.xml')
FORMATS = tuple(SUFFIXES)
GRAPH_VERSION = '4'
"""Raised when what is written changes: inputs, outputs, or what is computed between them."""
SMALLEST_SIDE = 32


def export_model(name: str | Path | LoadedModel, output: str | Path, size: tuple[int, int] | None = None,
                 form: str | None = None, weights: str | Path | None = None,
                 folder: str | Path | None = None) -> dict[str, str]:
    """Write a trained model with its whole reverse process as a graph; it takes about a minute.

    Args:
        name: Of :func:`~drfuse.apis.model_zoo.list_models`, a config with ``weights``, or a model that is loaded.
        output: File, ``.onnx`` or ``.xml``; OpenVINO's weights lie beside it as ``.bin``.
        size: (H, W) that the graph takes, other sizes are refused; None = any.
        form: One of :data:`FORMATS`; None = by the suffix.
        weights: Checkpoint; None = that of the named model.
        folder: Folder of weights; None = drfuse's own.

    Returns:
        The metadata that the file holds.

    Raises:
        UserError: If the model cannot be exported, or size, format or suffix are not allowed.
    """
    output = Path(output)
    form = check_target(output, size, form)
    require('export', 'onnx', 'onnxscript', *(['openvino'] if form == 'openvino' else []))
    from drfuse.export.onnx_writer import write_graph  # noqa: PLC0415 - needs the extra

    loaded = name if isinstance(name, LoadedModel) else load_model(name, weights, 'cpu', folder)
    metadata = describe(loaded, size)
    model = write_graph(UnrolledFusion(loaded.model), metadata)
    if size is not None:
        model = fix_size(model, size, metadata)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as scratch:  # complete or absent, also after Ctrl-C
        file = Path(scratch, output.name)
        if form == 'onnx':
            file.write_bytes(model.SerializeToString())
        else:
            save_openvino(model, file, size, metadata)
            output.unlink(missing_ok=True)  # it would load with the other file's weights, and compute nonsense
            file.with_suffix('.bin').replace(output.with_suffix('.bin'))
        file.replace(output)
    return metadata


def check_target(output: Path, size: tuple[int, int] | None, form: str | None) -> str:
    """Return the format of a file to be written.

    Raises:
        UserError: If format, suffix or size are not allowed.
    """
    if form is not None and form not in FORMATS:
        raise UserError(f'format must be one of {", ".join(FORMATS)}, got {form!r}')
    fitting = [name for name, suffix in SUFFIXES.items() if suffix == output.suffix.lower() and form in (None, name)]
    if not fitting:
        wanted = ' or '.join(SUFFIXES.values()) if form is None else SUFFIXES[form]
        raise UserError(f'an exported model is a file *{wanted}, got {output}')
    if size is not None and not all(SMALLEST_SIDE <= n <= LARGEST_SIDE for n in size):
        raise UserError(f'size must be height and width in {SMALLEST_SIDE}..{LARGEST_SIDE}, got {size[0]} {size[1]}')
    return fitting[0]


def describe(loaded: LoadedModel, size: tuple[int, int] | None) -> dict[str, str]:
    """Return the metadata of a graph."""
    return dict(drfuse=__version__, graph=GRAPH_VERSION, model=loaded.name, task=loaded.task,
                modalities=' '.join(loaded.modalities), weights_sha256=loaded.sha256,
                config_sha256=loaded.config_sha256, size='any' if size is None else f'{size[0]} {size[1]}',
                sides=f'{SMALLEST_SIDE} {LARGEST_SIDE}', factors=' '.join(map(str, FACTORS)), boundary='reflect',
                inputs=' '.join(INPUTS), outputs=' '.join(OUTPUTS))


def fix_size(model: onnx.ModelProto, size: tuple[int, int], metadata: dict[str, str]) -> onnx.ModelProto:
    """Return a graph that takes pictures of one size (H, W) alone, with other metadata."""
    import onnx  # noqa: PLC0415 - an extra

    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    for value in (*fixed.graph.input, *fixed.graph.output):
        dims = value.type.tensor_type.shape.dim
        if len(dims) == 4:  # noqa: PLR2004 - an image
            dims[2].dim_value, dims[3].dim_value = size
    del fixed.metadata_props[:]
    onnx.helper.set_model_props(fixed, metadata)
    return fixed


def save_openvino(model: onnx.ModelProto, file: Path, size: tuple[int, int] | None,
                  metadata: dict[str, str]) -> None:
    """Write a graph in OpenVINO's form: ``file`` with its weights beside it as ``.bin``, in float32."""
    import openvino as ov  # noqa: PLC0415 - needs the extra

    graph = ov.Core().read_model(model.SerializeToString())
    if size is not None:  # bounds for any size would be better, but OpenVINO 2026.4 then returns images of no size
        graph.reshape({name: ov.PartialShape([1, 1, *size]) for name in IMAGES})
    for key, value in metadata.items():
        graph.set_rt_info(value, ['drfuse', key])
    ov.save_model(graph, file, compress_to_fp16=False)
