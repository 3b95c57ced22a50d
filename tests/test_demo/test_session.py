"""From the fields of the page to pictures, numbers and files."""

import json
import zipfile
from dataclasses import replace

import cv2
import numpy as np
import pytest
import yaml

from drfuse import FusionInferencer
from drfuse.apis.picture import Picture
from drfuse.apis.picture_io import read_picture
from drfuse.demo import session
from drfuse.demo.session import OWN, Request, degraded, fuse_request, load_sources, sample_names, write_files
from drfuse.report import Report
from drfuse.utils.config import UserError


@pytest.fixture(scope='module')
def ivf(zoo):
    return FusionInferencer('ivf', device='cpu', folder=zoo)


@pytest.fixture(autouse=True)
def small_samples(monkeypatch):
    monkeypatch.setattr(session, 'SAMPLE_SIZE', (64, 80))
    session.sample_pair.cache_clear()
    yield
    session.sample_pair.cache_clear()


@pytest.fixture
def uploads(scene, tmp_path):
    paths = []
    for name, image in scene.items():
        paths.append(str(tmp_path / f'{name}.png'))
        cv2.imwrite(paths[-1], image if image.ndim == 2 else image[..., ::-1])
    return tuple(paths)


SAMPLE = 'generated street 1'


def test_samples_of_both_tasks():
    assert len(sample_names('ivf')) == len(sample_names('mif')) == session.SAMPLES
    for task in ('ivf', 'mif'):
        sources = load_sources(Request(next(iter(sample_names(task)))), task)
        assert sources.observed[1].shape == (64, 80) and len(sources.clean) == 2


def test_degraded_here_and_told():
    sources = load_sources(Request(SAMPLE, noise=(10, 0), blur=(0, 2), factor=2), 'ivf')
    assert [p.shape for p in sources.observed] == [(32, 40), (64, 80)]
    assert sources.degradation == dict(
        a=[dict(type='GaussianNoise', sigma=10 / 255), dict(type='AveragePool', factor=2)],
        b=[dict(type='GaussianBlur', sigma=2, boundary='reflect')])
    again = load_sources(Request(SAMPLE, noise=(10, 0), blur=(0, 2), factor=2), 'ivf')
    np.testing.assert_array_equal(sources.observed[0].pixels, again.observed[0].pixels)


def test_noise_has_the_level_that_was_set():
    flat = Picture(np.full((200, 200), 128, np.uint8), name='flat')
    noisy = degraded(flat, [dict(type='GaussianNoise', sigma=12 / 255)], 'key').pixels
    assert noisy.dtype == np.uint8 and abs(noisy.astype(float).std() - 12) < .3
    deep = degraded(replace(flat, pixels=flat.pixels.astype(np.uint16) * 257), [], 'key').pixels
    assert deep.dtype == np.uint16 and (deep == 128 * 257).all()


def test_not_told(ivf):
    assert load_sources(Request(SAMPLE, tell=False), 'ivf').degradation is None
    report = fuse_request(Request(SAMPLE, tell=False), ivf)
    assert all(s['origin'] == 'estimated' for s in report.result.report['sources'].values())


def test_own_pictures(ivf, uploads, scene):
    request = Request(OWN, uploads, degrade=False, noise=(5, 10), blur=(0, 1.2))
    sources = load_sources(request, 'ivf')
    assert sources.name == 'vis' and sources.clean == ()
    assert sources.degradation == dict(a=dict(noise=5 / 255, blur='none'), b=dict(noise=10 / 255, blur='gaussian:1.2'))
    found = fuse_request(request, ivf).result
    expected = ivf(scene['ir'], scene['vis'], sources.degradation)
    np.testing.assert_array_equal(found.fused, expected.fused)
    assert found.report['sources']['ir']['source'] == 'ir.png'


def test_steps_and_correction_reach_the_model(ivf):
    report = fuse_request(Request(SAMPLE, steps=2, correction=0.), ivf)
    assert [s.t for s in report.result.trajectory.steps] == [2, 1]
    assert report.result.trajectory.steps[0].scales[:2] == [0, 0]


def test_files(ivf, tmp_path):
    report = fuse_request(Request(SAMPLE), ivf)
    files = write_files(report, tmp_path)
    np.testing.assert_array_equal(read_picture(files.fused).pixels, report.result.fused)
    archive = zipfile.ZipFile(files.everything)
    assert sorted(archive.namelist()) == [
        f'ivf_sample_1_{name}' for name in ('degradation.yaml', 'fused.png', 'ir_restored.png', 'report.html',
                                            'report.json', 'vis_restored.png', 'weight_of_ir.png')]
    assert set(yaml.safe_load(archive.read('ivf_sample_1_degradation.yaml'))) == {'a', 'b'}
    assert 'QABF' in json.loads(archive.read('ivf_sample_1_report.json'))['metrics']
    assert files.report.read_text().startswith('<!DOCTYPE html>')
    bare = write_files(Report(replace(report.result, weights=None)), tmp_path)
    assert not any('weight' in name for name in zipfile.ZipFile(bare.everything).namelist())


@pytest.mark.parametrize(('change', 'message'), [
    (dict(sample=OWN), 'picture A is missing: upload both, or choose a sample'),
    (dict(factor=16), 'is too small to lose resolution'), (dict(steps=9), 'steps must be 1 to 3')])
def test_mistakes(ivf, change, message):
    with pytest.raises(UserError, match=message):
        fuse_request(replace(Request(SAMPLE), **change), ivf)


def test_mistakes_in_uploads(uploads, tmp_path):
    (tmp_path / 'broken.png').write_bytes(b'no picture')
    with pytest.raises(UserError) as caught:
        load_sources(Request(OWN, (uploads[0], str(tmp_path / 'broken.png'))), 'ivf')
    assert str(caught.value) == 'cannot decode broken.png: the file is corrupt, cut off or no picture'
    cv2.imwrite(str(tmp_path / 'half.png'), np.zeros((24, 32), np.uint8))
    with pytest.raises(UserError, match='clean pictures must have one size, but A is 48 x 64 and B is 24 x 32'):
        load_sources(Request(OWN, (uploads[0], str(tmp_path / 'half.png'))), 'ivf')
    assert load_sources(Request(OWN, (uploads[0], str(tmp_path / 'half.png')), degrade=False), 'ivf').clean == ()
