"""Exported files give what PyTorch gives, at every size, and refuse what they do not take."""

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

from drfuse import FusionInferencer
from drfuse.export import ExportedModel, graph_inputs
from drfuse.export.unrolled import IMAGES
from drfuse.utils.config import UserError

from .support import PAIRS, SIZE, observe

RUNS = (('any', 'onnxruntime'), ('openvino', 'openvino'))
TOLERANCE = 1e-3


@pytest.fixture(scope='module')
def exported(graphs):
    return {kind: ExportedModel(graphs[kind], runtime, threads=1) for kind, runtime in RUNS}


@pytest.mark.slow
@pytest.mark.parametrize('name', PAIRS)
def test_parity_at_every_size(exported, light, name):
    inputs = observe(name)
    expected = light().model(inputs, mode='tensor')
    theirs = dict(fused=expected.fused, restored_a=expected.sources[0], restored_b=expected.sources[1],
                  weight_a=expected.weights[:, :1])
    for kind, model in exported.items():
        found = model(graph_inputs(inputs))
        errors = {key: float(np.abs(found[key] - value.numpy()).max()) for key, value in theirs.items()}
        assert max(errors.values()) <= TOLERANCE, (kind, errors)


@pytest.mark.slow
@pytest.mark.parametrize('kind', ['fixed', 'openvino_fixed'])
def test_a_file_for_one_size_takes_no_other(graphs, light, kind):
    fixed, inputs = ExportedModel(graphs[kind], threads=1), graph_inputs(observe('motion'))
    assert fixed.size == SIZE
    expected = light().model(observe('motion'), mode='tensor').fused.numpy()
    assert np.abs(fixed(inputs)['fused'] - expected).max() <= TOLERANCE
    with pytest.raises(UserError, match=r'takes pictures of 64 x 75 \(height x width\) only, got 61 x 86') as error:
        fixed(graph_inputs(observe('composite')))
    assert '\n' not in str(error.value)


@pytest.mark.slow
def test_another_size_is_an_error_without_drfuse_as_well(graphs):
    import onnxruntime
    with pytest.raises(Exception, match='Got invalid dimensions'):
        onnxruntime.InferenceSession(graphs['fixed']).run(None, graph_inputs(observe('composite')))


@pytest.mark.slow
def test_refuses_what_is_no_degradation_and_other_sizes(exported):
    inputs = graph_inputs(observe('clean'))
    for model in exported.values():
        with pytest.raises(UserError, match='takes factors 1, 2, 4, 8, 16 and sigma >= 0, got 3, 1'):
            model({**inputs, 'factor_a': np.array(3)})
        with pytest.raises(UserError, match=r'sides of 32..8192 pixels, got 31 x 64'):
            model({**inputs, **{s: inputs[s][..., 1:32, :] for s in IMAGES}})
        with pytest.raises(UserError, match=r'must have one size, the full one, got \(1, 1, 64, 64\) and \(1, 1, 32'):
            model({**inputs, 'b': inputs['b'][..., :32, :]})
        number = model({**inputs, 'sigma_a': np.array(0.1)})['fused']
        np.testing.assert_array_equal(number, model({**inputs, 'sigma_a': np.full_like(inputs['a'], 0.1)})['fused'])


@pytest.mark.slow
@pytest.mark.parametrize(('kind', 'backend'), [*RUNS, ('any', 'openvino')])
def test_backends_of_the_inferencer(graphs, light, kind, backend):
    loaded, rng = light(), np.random.default_rng(0)
    a = cv2.GaussianBlur(rng.integers(0, 256, (33, 40), dtype=np.uint8), (5, 5), 1)
    b = cv2.GaussianBlur(rng.integers(0, 256, (66, 80, 3), dtype=np.uint8), (5, 5), 1)
    config = loaded.weights.with_name('tiny.py')
    plain = FusionInferencer(config, loaded.weights, 'cpu', 'float32')
    other = FusionInferencer(config, loaded.weights, backend=backend, exported=graphs[kind])
    pairs = [a, a], [b, b]
    for ours, theirs in zip(other(*pairs, 'composite', batch_size=2), plain(*pairs, 'composite'), strict=True):
        assert np.abs(ours.fused.astype(int) - theirs.fused).max() <= 1
        assert ours.report['backend'] == backend and theirs.report['backend'] == 'pytorch'


@pytest.mark.slow
def test_other_weights_are_refused(graphs):
    with pytest.raises(UserError, match='was exported from weights .* not from .*ivf.pth'):
        FusionInferencer('ivf', backend='onnxruntime', exported=graphs['any'])


@pytest.mark.slow
@pytest.mark.parametrize('kind', ['fixed', 'openvino'])
def test_the_example_runs_without_drfuse(graphs, repo_dir, tmp_path, kind):
    rng = np.random.default_rng(0)
    cv2.imwrite(str(tmp_path / 'a.png'), rng.integers(0, 256, SIZE, dtype=np.uint8))
    cv2.imwrite(str(tmp_path / 'b.png'), rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8))
    # DRFUSE_EXAMPLE_PYTHON: that of an environment without drfuse and MMEngine, as the gate makes it
    python = os.environ.get('DRFUSE_EXAMPLE_PYTHON')
    if python is not None:
        code = "from importlib.util import find_spec as f; print([n for n in ('drfuse', 'mmengine', 'torch') if f(n)])"
        found = subprocess.run([python, '-c', code], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert found.stdout.strip() == '[]'
    example = repo_dir / 'demo' / 'run_exported.py'
    command = [python or sys.executable, example, graphs[kind], 'a.png', 'b.png', 'out.png']
    result = subprocess.run([*command, '1.5', '0.02'], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert cv2.imread(str(tmp_path / 'out.png')).shape == (*SIZE, 3)
    for name in ('a.png', 'b.png'):
        cv2.imwrite(str(tmp_path / name), np.zeros((40, 50, 3), np.uint8))
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == (kind == 'fixed') and result.stderr.count('\n') == (kind == 'fixed'), result.stderr


@pytest.mark.parametrize(('arguments', 'message'), [
    ([], 'usage: run_exported.py MODEL IR VISIBLE OUT'), (['m.onnx', 'a.png', 'b.png'], 'usage: run_exported.py MODEL'),
    (['m.onnx', 'a.png', 'a.png', 'o.png', 'wide'], 'usage: run_exported.py MODEL'),
    (['m.onnx', 'no.png', 'a.png', 'o.png'], 'cannot read the picture no.png'),
    (['m.onnx', 'a.png', 'bad.png', 'o.png'], 'cannot read the picture bad.png')])
def test_mistakes_with_the_example_are_one_line(repo_dir, tmp_path, arguments, message):
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((8, 8), np.uint8))
    (tmp_path / 'bad.png').write_text('no picture')
    result = subprocess.run([sys.executable, repo_dir / 'demo' / 'run_exported.py', *arguments], cwd=tmp_path,
                            capture_output=True, text=True, check=False)
    assert result.returncode == 1 and result.stderr.startswith(message) and result.stderr.count('\n') == 1


def test_missing_and_foreign_files(tmp_path):
    with pytest.raises(FileNotFoundError, match='no file'):
        ExportedModel(tmp_path / 'no.onnx')
    pytest.importorskip('onnxruntime', reason='onnxruntime is not installed: pip install drfuse[export]')
    (tmp_path / 'bad.onnx').write_bytes(b'nothing')
    with pytest.raises(UserError, match='onnxruntime does not read .*bad.onnx'):
        ExportedModel(tmp_path / 'bad.onnx')
    with pytest.raises(UserError, match="runtime must be one of onnxruntime, openvino, got 'tflite'"):
        ExportedModel(tmp_path / 'bad.onnx', 'tflite')
