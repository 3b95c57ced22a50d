"""One call that fuses any pair, and gives it back in the same form."""

import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from drfuse import FusionInferencer
from drfuse.apis.pairs import match_sources
from drfuse.registry import INFERENCERS
from drfuse.utils import heap
from drfuse.utils.config import UserError

SHARP = dict(a=[], b=[])


@pytest.fixture(scope='module')
def ivf(zoo):
    return FusionInferencer('ivf', device='cpu', folder=zoo)


@pytest.fixture(scope='module')
def mif(zoo):
    return FusionInferencer('mif', device='cpu', folder=zoo)


def test_import_is_fast_and_lazy(repo_dir):
    code = ('import time; t = time.process_time(); import drfuse, sys; print(time.process_time() - t)\n'
            'assert "torch" not in sys.modules; from drfuse import FusionInferencer; print(FusionInferencer.__name__)')
    seconds, name = subprocess.run([sys.executable, '-c', code], cwd=repo_dir, capture_output=True, text=True,
                                   check=True).stdout.split()
    assert float(seconds) < 1.5 and name == 'FusionInferencer'
    with pytest.raises(AttributeError, match='no attribute'):
        sys.modules['drfuse'].nothing  # noqa: B018


def test_registered():
    assert INFERENCERS.get('FusionInferencer') is FusionInferencer


def test_result_of_a_pair(ivf, scene):
    result = ivf(scene['ir'], scene['vis'], 'composite')
    assert result.fused.shape == scene['vis'].shape and result.fused.dtype == np.uint8
    assert {k: v.shape for k, v in result.restored.items()} == dict(ir=scene['ir'].shape, vis=scene['vis'].shape)
    np.testing.assert_allclose(result.weights.sum(0), 1, atol=1e-5)
    assert result.report['task'] == 'ivf' and result.report['colour_from'] == 'vis'
    assert set(result.report['seconds']) == {'read', 'prepare', 'network', 'finish'}
    assert result.luminance['fused'].shape == scene['ir'].shape


@pytest.mark.parametrize('kind', ['path', 'pil', 'array', 'tensor'])
def test_every_kind_of_input_gives_the_same(ivf, scene, files, kind):
    make = dict(path=lambda name: files / name / 'one.png', pil=lambda name: Image.fromarray(scene[name]),
                array=lambda name: scene[name], tensor=lambda name: torch.from_numpy(scene[name]).movedim(-1, 0)
                if name == 'vis' else torch.from_numpy(scene[name]))[kind]
    expected = ivf(scene['ir'], scene['vis'], 'noise').fused
    np.testing.assert_array_equal(ivf(make('ir'), make('vis'), 'noise').fused, expected)


def test_folders_and_batches(ivf, scene, files):
    one_by_one = ivf(files / 'ir', files / 'vis', 'noise')
    assert [r.report['name'] for r in one_by_one] == ['one', 'two']
    together = ivf(np.stack([scene['ir']] * 3)[..., None], np.stack([scene['vis']] * 3), 'noise', batch_size=2)
    assert len(together) == 3
    for result in together:
        assert np.abs(result.fused.astype(int) - one_by_one[0].fused).max() <= 1


def test_clean_input_comes_back(ivf, scene):
    """Without degradation the untrained model restores the sources exactly; so must colour."""
    result = ivf(scene['ir'], scene['vis'], SHARP)
    assert np.abs(result.restored['vis'].astype(int) - scene['vis']).max() <= 1
    assert np.abs(result.restored['ir'].astype(int) - scene['ir']).max() <= 1
    fused, vis = (cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)[..., 1:].astype(int)
                  for image in (result.fused, scene['vis']))
    inside = ((result.fused > 0) & (result.fused < 255)).all(-1)  # where RGB was not clamped
    assert inside.mean() > 0.5 and np.abs(fused - vis)[inside].max() <= 1


@pytest.mark.parametrize('size', [(16, 16), (17, 31), (33, 16)])
@pytest.mark.parametrize('preset', ['noise', 'composite'])
def test_any_size(ivf, scene, size, preset):
    if preset == 'composite' and min(size) < 21:
        with pytest.raises(UserError, match='the blur reaches over 21 pixels'):
            ivf(scene['ir'][:size[0], :size[1]], scene['vis'][:size[0], :size[1]], preset)
        return
    assert ivf(scene['ir'][:size[0], :size[1]], scene['vis'][:size[0], :size[1]], preset).fused.shape[:2] == size


@pytest.mark.parametrize(('full', 'small'), [((47, 63), (24, 32)), ((47, 63), (23, 31)), ((48, 64), (24, 32))])
def test_low_resolution_source(ivf, scene, full, small):
    ir = cv2.resize(scene['ir'], small[::-1])
    result = ivf(ir, scene['vis'][:full[0], :full[1]], 'noise')
    assert result.fused.shape[:2] == full and result.restored['ir'].shape == full
    swapped = ivf(scene['ir'][:full[0], :full[1]], cv2.resize(scene['vis'], small[::-1]), 'noise')
    assert swapped.fused.shape == (*full, 3)


@pytest.mark.parametrize('form', ['uint16', 'float32', 'rgba', 'grey'])
def test_form_of_b_is_kept(ivf, scene, form):
    vis = scene['vis']
    b = dict(uint16=vis.astype(np.uint16) * 257, float32=(vis / 255).astype(np.float32),
             rgba=np.dstack([vis, vis[..., 0]]), grey=vis[..., 1].copy())[form]
    fused = ivf(scene['ir'], b, 'noise').fused
    assert fused.shape == b.shape and fused.dtype == b.dtype
    if form == 'rgba':
        np.testing.assert_array_equal(fused[..., 3], b[..., 3])


def test_colour_comes_from_the_pet_and_not_from_the_infrared(ivf, mif, scene):
    colour, grey = scene['vis'], scene['ir']
    assert mif(colour, grey, 'noise').fused.shape == colour.shape
    assert mif(colour, grey, 'noise').report['colour_from'] == 'pet'
    with pytest.warns(UserWarning, match='source A has colours, but they are taken from source B, the vis side, which '
                      'is grey: are A and B swapped?'):
        assert ivf(colour, grey, 'noise').fused.shape == grey.shape
    assert mif(colour, grey, 'noise', gray=True).fused.shape == grey.shape


def test_observed_chroma_is_an_option(ivf, scene):
    guided, observed = (ivf(scene['ir'], scene['vis'], 'noise', chroma=how) for how in ('guided', 'observed'))
    assert not np.array_equal(guided.fused, observed.fused)
    np.testing.assert_array_equal(guided.luminance['fused'], observed.luminance['fused'])


def test_bfloat16_is_close(ivf, zoo, scene):
    half = FusionInferencer('ivf', device='cpu', folder=zoo, precision='bfloat16')
    exact, rounded = (model(scene['ir'], scene['vis'], 'composite').luminance['fused'] for model in (ivf, half))
    assert 0 < np.abs(exact - rounded).max() < 0.05


@pytest.mark.parametrize(('arguments', 'message'), [
    (dict(batch_size=0), 'batch_size must be an integer >= 1, got 0'), (dict(chroma='x'), 'chroma must be one of'),
    (dict(boundary='x'), 'boundary must be one of')])
def test_wrong_arguments(ivf, scene, arguments, message):
    with pytest.raises(UserError, match=message):
        ivf(scene['ir'], scene['vis'], 'noise', **arguments)
    with pytest.raises(UserError, match="precision must be one of auto, float32, bfloat16, got 'half'"):
        FusionInferencer('ivf', precision='half')


def test_weights_that_are_no_numbers(zoo, scene, tmp_path):
    state = torch.load(zoo / 'ivf.pth', weights_only=True)['state_dict']
    torch.save({k: v * float('nan') if v.is_floating_point() else v for k, v in state.items()}, tmp_path / 'nan.pth')
    broken = FusionInferencer('ivf', tmp_path / 'nan.pth', device='cpu', folder=zoo)
    with pytest.raises(UserError, match='returned values that are no numbers'):
        broken(scene['ir'], scene['vis'], 'noise')


def test_results_come_one_after_the_other(ivf, files):
    (files / 'vis' / 'two.png').write_bytes(b'')
    stream = ivf.stream(match_sources(files / 'ir', files / 'vis').pairs, 'noise')
    assert next(stream).report['name'] == 'one'
    with pytest.raises(UserError, match='cannot decode'):
        next(stream)


def test_the_heap_is_kept_while_something_is_computed_only(ivf, files, scene, monkeypatch):
    stream = ivf.stream(match_sources(files / 'ir', files / 'vis').pairs, 'noise')
    next(stream)
    assert heap._depth == 0  # whoever reads results may take his time, or stop
    del stream
    seen = []
    monkeypatch.setattr(ivf.model, '_forward', lambda inputs: seen.append(heap._depth) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ivf(scene['ir'], scene['vis'], 'noise')
    assert heap._depth == 0 and (seen[0] > 0 or heap._library() is None)


@pytest.mark.filterwarnings('ignore:.*computed in tiles')
def test_a_rule_without_weights(zoo, scene):
    with_weights, without = (FusionInferencer('ivf', device='cpu', folder=zoo) for _ in range(2))
    without.model.sampler.register_forward_hook(lambda sampler, inputs, output: replace(
        output, weights=None, trajectory=[replace(step, weights=None) for step in output.trajectory]))
    for tile in ('off', 64):
        expected = with_weights(scene['ir'], scene['vis'], 'noise', tile=tile)
        result = without(scene['ir'], scene['vis'], 'noise', tile=tile, return_trajectory=True)
        np.testing.assert_array_equal(result.fused, expected.fused)
        assert result.weights is None and expected.weights is not None
        assert all(step.weights is None for step in result.trajectory.steps)
