"""What may be written where; the files themselves are tested with what runs them."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from drfuse.apis.model_zoo import load_model
from drfuse.export import FORMATS, ExportedModel, export_model, graph_inputs, writer
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


@pytest.mark.parametrize('stop', ['bin', 'xml'])
def test_an_interrupted_overwrite_leaves_no_xml_beside_the_weights_of_another(light, tmp_path, monkeypatch, stop):
    """Wherever it ends between the two files: the new .xml with both, or none."""
    def save(model, file, size, metadata):
        file.write_text('new xml')
        file.with_suffix('.bin').write_text('new bin')

    replace = Path.replace

    def interrupted(self, target):
        if self.suffix == f'.{stop}':
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(writer, 'require', lambda *packages: None)
    monkeypatch.setitem(sys.modules, 'drfuse.export.onnx_writer', SimpleNamespace(write_graph=lambda *graph: None))
    monkeypatch.setattr(writer, 'UnrolledFusion', lambda model: None)
    monkeypatch.setattr(writer, 'save_openvino', save)
    for name in ('m.xml', 'm.bin'):
        (tmp_path / name).write_text('old')
    with monkeypatch.context() as context:
        context.setattr(Path, 'replace', interrupted)
        with pytest.raises(KeyboardInterrupt):
            export_model(light(), tmp_path / 'm.xml')
    assert not (tmp_path / 'm.xml').exists()
    export_model(light(), tmp_path / 'm.xml')
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {'m.xml': 'new xml', 'm.bin': 'new bin'}


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
