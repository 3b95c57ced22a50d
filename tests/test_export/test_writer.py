"""What may be written where; the files themselves are tested with what runs them."""

import numpy as np
import pytest

from drfuse.apis.model_zoo import load_model
from drfuse.export import FORMATS, ExportedModel, export_model, graph_inputs
from drfuse.export.writer import check_target, describe
from drfuse.utils.config import UserError

from .support import observe


def test_the_format_follows_from_the_suffix(tmp_path):
    assert check_target(tmp_path / 'm.onnx', (64, 64), None) == 'onnx'
    assert check_target(tmp_path / 'm.XML', None, 'openvino') == 'openvino'
    assert FORMATS == ('onnx', 'openvino')


@pytest.mark.parametrize(('name', 'size', 'form', 'message'), [
    ('m.pt', None, None, r'a file \*.onnx or .xml, got m.pt'),
    ('m.onnx', None, 'openvino', r'a file \*.xml, got m.onnx'),
    ('m.onnx', (16, 64), None, r'size must be height and width in 32..8192, got 16 64'),
    ('m.onnx', None, 'torchscript', "format must be one of onnx, openvino, got 'torchscript'")])
def test_refuses_in_one_line(name, size, form, message):
    with pytest.raises(UserError, match=message):
        export_model('ivf', name, size, form)


def test_metadata_names_the_weights(light):
    loaded = light()
    metadata = describe(loaded, (64, 80))
    assert metadata['weights_sha256'] == loaded.sha256 and metadata['size'] == '64 80' and metadata['model'] == 'tiny'
    assert describe(loaded, None)['size'] == 'any' and all(isinstance(v, str) for v in metadata.values())


@pytest.mark.slow
def test_the_shipped_model(tmp_path):
    for package in ('onnx', 'onnxscript', 'onnxruntime'):
        pytest.importorskip(package, reason=f'{package} is not installed: pip install drfuse[export]')
    metadata = export_model('ivf', tmp_path / 'ivf.onnx')
    graph, loaded = ExportedModel(tmp_path / 'ivf.onnx', threads=1), load_model('ivf', device='cpu')
    assert graph.metadata == metadata and metadata['weights_sha256'] == loaded.sha256
    for name in ('composite', 'motion'):
        inputs = observe(name)
        expected = loaded.model(inputs, mode='tensor').fused.numpy()
        assert np.abs(graph(graph_inputs(inputs))['fused'] - expected).max() <= 1e-3
