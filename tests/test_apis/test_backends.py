"""Which backend may run what; real graphs are run by tests/test_export/test_runtime.py."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from drfuse import FusionInferencer
from drfuse.apis import backends
from drfuse.apis.backends import cached_graph, check_backend
from drfuse.apis.model_zoo import load_model
from drfuse.utils.config import UserError


@pytest.mark.parametrize(('options', 'message'), [
    (dict(backend='tensorrt'), "backend must be one of pytorch, onnxruntime, openvino, got 'tensorrt'"),
    (dict(exported='m.onnx'), 'the backend pytorch runs no exported model, got m.onnx'),
    (dict(backend='openvino', precision='bfloat16'), 'openvino runs on the CPU in float32, got precision'),
    (dict(backend='onnxruntime', device='cuda'), "and device 'cuda'")])
def test_choices_that_exclude_each_other(options, message, zoo):
    with pytest.raises(UserError, match=message):
        FusionInferencer('ivf', folder=zoo, **options)


def test_usual_choices_are_allowed():
    check_backend('pytorch', None, 'bfloat16', 'cuda')
    check_backend('openvino', 'm.xml', 'auto', None)


def test_a_graph_is_exported_once_and_kept(zoo, monkeypatch, tmp_path):
    loaded, calls = load_model('ivf', folder=zoo), []

    def export(model, file):
        calls.append(model)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('graph')

    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    monkeypatch.setattr('drfuse.export.writer.export_model', export)
    files = [cached_graph('openvino', loaded) for _ in range(2)]
    assert files[0] == files[1] and calls == [loaded] and files[0].parent == tmp_path / 'drfuse'
    assert loaded.sha256[:12] in files[0].name and cached_graph('onnxruntime', loaded).suffix == '.onnx'
    assert cached_graph('openvino', replace(loaded, config_sha256='f' * 64)) != files[0]
    assert backends.BACKENDS[0] == 'pytorch'


@pytest.mark.parametrize(('other', 'message'), [
    (dict(weights_sha256='0' * 64), 'was exported from weights 000000000000..., not from'),
    (dict(config_sha256='0' * 64), 'was exported with another network or sampler than ivf has now'),
    (dict(config_sha256=None), 'export it again')])
def test_a_graph_of_another_model_is_refused(zoo, monkeypatch, other, message):
    loaded = load_model('ivf', folder=zoo)
    told = dict(dict(weights_sha256=loaded.sha256, config_sha256=loaded.config_sha256), **other)
    monkeypatch.setattr('drfuse.export.ExportedModel', lambda *_: SimpleNamespace(metadata=told))
    monkeypatch.setattr('drfuse.utils.extras.require', lambda *_: None)
    with pytest.raises(UserError, match=message):
        backends.ExportedBackend('openvino', loaded, 'm.xml')
