"""The small light model as files."""

import pytest
import torch

from drfuse.apis.model_zoo import load_model

from .support import DATA, MODEL, SIZE, build


@pytest.fixture(scope='session')
def light(tmp_path_factory):
    """The model as it is loaded from a config and a checkpoint."""
    folder = tmp_path_factory.mktemp('light')
    (folder / 'tiny.py').write_text(f'model = {MODEL!r}\n{DATA}')
    torch.save(dict(state_dict=build().state_dict(), meta={}), folder / 'tiny.pth')
    return lambda: load_model(folder / 'tiny.py', folder / 'tiny.pth', 'cpu')


@pytest.fixture(scope='session')
def graphs(light, tmp_path_factory):
    """Its graph as files: for one size, for any, and for OpenVINO."""
    for package in ('onnx', 'onnxscript', 'onnxruntime', 'openvino'):
        pytest.importorskip(package, reason=f'{package} is not installed: pip install drfuse[export]')
    import onnx

    from drfuse.export import writer
    folder, loaded = tmp_path_factory.mktemp('graphs'), light()
    files = dict(fixed=folder / 'fixed.onnx', any=folder / 'any.onnx', openvino=folder / 'any.xml',
                 openvino_fixed=folder / 'fixed.xml')
    writer.export_model(loaded, files['any'])
    graph = onnx.load(files['any'])
    fixed = writer.fix_size(graph, SIZE, writer.describe(loaded, SIZE))
    files['fixed'].write_bytes(fixed.SerializeToString())
    writer.save_openvino(graph, files['openvino'], None, writer.describe(loaded, None))
    writer.save_openvino(graph, files['openvino_fixed'], SIZE, writer.describe(loaded, SIZE))
    return files
