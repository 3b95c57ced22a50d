"""The page in a browser, as a person uses it: upload, fuse, download, mistakes, a phone."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from importlib.util import find_spec

import cv2
import numpy as np
import pytest

from drfuse import FusionInferencer
from drfuse.apis.picture_io import read_picture
from drfuse.datasets.embedded import EmbeddedPairs

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PATIENCE = 120_000


@pytest.fixture(scope='module')
def address(chromium, repo_dir, tmp_path_factory):
    """The page, served as a user would."""
    if find_spec('gradio') is None:
        (pytest.fail if os.environ.get('DRFUSE_BROWSER') else pytest.skip)('gradio is not installed')
    # jobs in the background of a shell ignore Ctrl-C, and so would what they start
    heed = 'import signal; signal.signal(signal.SIGINT, signal.default_int_handler)'
    code = f'{heed}; from drfuse.cli.app import main; main()'
    log = tmp_path_factory.mktemp('demo') / 'log'
    with log.open('w') as file:
        process = subprocess.Popen(
            [sys.executable, '-c', code, 'demo', '--no-browser', '--port', '0', '--device', 'cpu'],
            env=dict(os.environ, PYTHONPATH=str(repo_dir)), stderr=file)
    end = time.monotonic() + PATIENCE / 1000
    while not (found := re.search(r'http://127\.0\.0\.1:\d+(?= )', log.read_text())) and time.monotonic() < end:
        time.sleep(.1)
    yield found.group()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130, log.read_text()
    assert log.read_text().count('\n') == 1, log.read_text()


@pytest.fixture
def open_page(chromium, address):
    """Open the page in a window of a size; nothing may be asked of another place, and nothing may fail."""
    pages, elsewhere, faults = [], [], []

    def start(width=1400, height=1000):
        page = chromium.new_page(viewport=dict(width=width, height=height), accept_downloads=True)
        page.set_default_timeout(PATIENCE)
        page.on('request', lambda r: None if r.url.startswith((address, 'data:', 'blob:')) else elsewhere.append(r.url))
        page.on('console', lambda m: faults.append(m.text) if m.type == 'error' else None)
        page.on('pageerror', lambda error: faults.append(str(error)))
        page.goto(address)
        page.wait_for_selector('#fused img')
        page.wait_for_selector('#metrics table')
        pages.append(page)
        return page
    yield start
    for page in pages:
        page.close()
    assert elsewhere == [] and faults == []


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """A generated pair as files, 16 bits and half as large the one."""
    folder = tmp_path_factory.mktemp('uploads')
    pairs = EmbeddedPairs('ivf', 'test', 6, (96, 128))
    pair = pairs.render(pairs.stems[5])
    cv2.imwrite(str(folder / 'thermal.png'), cv2.resize(pair['ir'], (64, 48)).astype(np.uint16) * 257)
    cv2.imwrite(str(folder / 'street.png'), pair['vis'][..., ::-1])
    (folder / 'broken.png').write_text('no picture')
    return folder


def own_pictures(page):
    page.click('#sample input')
    page.get_by_role('option', name='my own pictures').click()
    page.wait_for_selector('#file_b input[type=file]', state='attached')
    for shown in ('#metrics table', '#observed_vis img'):  # what was shown of another pair is gone
        page.wait_for_selector(shown, state='detached')


def fuse(page):
    page.click('#fuse')
    page.wait_for_selector('#metrics table')


def download(page, name, folder):
    with page.expect_download() as waiting:
        page.click(f'#{name}')
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_upload_fuse_download(open_page, files, tmp_path):
    page = open_page()
    own_pictures(page)
    page.set_input_files('#file_a input[type=file]', files / 'thermal.png')
    page.set_input_files('#file_b input[type=file]', files / 'street.png')
    page.wait_for_selector('#observed_vis img')
    fuse(page)
    assert 'estimated' in page.inner_text('#assumed') and '64 x 48, uint16' in page.inner_text('#assumed')
    expected = FusionInferencer('ivf', device='cpu')(files / 'thermal.png', files / 'street.png')
    fused = download(page, 'get_fused', tmp_path)
    assert fused.name == 'street_fused.png'
    np.testing.assert_array_equal(read_picture(fused).pixels, expected.fused)
    report = download(page, 'get_report', tmp_path)
    assert report.read_text().startswith('<!DOCTYPE html>') and expected.report['weights_sha256'] in report.read_text()
    names = zipfile.ZipFile(download(page, 'get_all', tmp_path)).namelist()
    assert {'street_fused.png', 'street_ir_restored.png', 'street_degradation.yaml'} <= set(names)


def test_mistakes_are_one_line(open_page, files):
    page = open_page()
    own_pictures(page)
    page.click('#fuse')
    toast = page.locator('.toast-body').first
    toast.wait_for()
    assert 'picture A is missing: upload both, or choose a sample' in toast.inner_text()
    page.locator('.toast-close').first.click()
    toast.wait_for(state='detached')
    page.set_input_files('#file_a input[type=file]', files / 'thermal.png')
    page.set_input_files('#file_b input[type=file]', files / 'broken.png')
    toast.wait_for()
    assert 'cannot decode broken.png: the file is corrupt, cut off or no picture' in toast.inner_text()
    assert 'Traceback' not in page.content()


def test_controls_change_the_result(open_page):
    page = open_page()

    def source(name):
        return page.locator(f'#{name} img').first.get_attribute('src')
    before = source('fused')
    page.locator('#noise_b input[type=number]').fill('40')
    page.locator('#noise_b input[type=number]').press('Enter')
    page.get_by_text('Model', exact=True).click()
    page.locator('#steps input[type=number]').fill('1')
    page.locator('#steps input[type=number]').press('Enter')
    page.click('#fuse')
    page.wait_for_function("before => document.querySelector('#fused img').src !== before", arg=before)
    page.wait_for_function("() => document.querySelector('#assumed').innerText.includes('40.0/255')")


def test_any_two_pictures_side_by_side(open_page):
    page = open_page()
    images = "() => [...document.querySelectorAll('#compare img')].map(i => i.src).join()"
    before = page.evaluate(images)
    page.click('#left input')
    page.get_by_role('option', name='infrared, restored').click()
    page.wait_for_function(f'before => ({images})() !== before', arg=before)


def test_phone(open_page):
    page = open_page(390, 844)
    assert page.evaluate('document.documentElement.scrollWidth') <= 390
    for name in ('fuse', 'compare', 'fused', 'get_all'):
        box = page.locator(f'#{name}').bounding_box()
        assert 0 <= box['x'] and box['x'] + box['width'] <= 390, name
    page.locator('#fuse').tap() if page.evaluate("'ontouchstart' in window") else page.click('#fuse')
    page.wait_for_selector('#metrics table')


@pytest.mark.parametrize('path', ['/etc/passwd', '{repo}/setup.py', '{repo}/weights/metafile.yml', '../setup.py'])
def test_no_other_files_are_served(address, repo_dir, path):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f'{address}/gradio_api/file={path.format(repo=repo_dir)}', timeout=30)
    with caught.value as refused:
        assert refused.code in (403, 404)


@pytest.mark.parametrize(('headers', 'code'), [
    (dict(Host='evil.example'), 400), (dict(Origin='https://evil.example'), 403)])
def test_pages_elsewhere_are_refused(address, headers, code):
    """Also one that lets its own name point here."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30)
    with caught.value as refused:
        assert refused.code == code
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert "default-src 'self'" in answer.headers['Content-Security-Policy']
