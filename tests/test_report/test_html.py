"""One file that loads nothing."""

import base64
import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from drfuse.report import Report, render_report, write_report
from drfuse.report.html import number, png_uri
from drfuse.utils.config import UserError

LOADING = {'src', 'href', 'srcset', 'action', 'data', 'poster', 'background', 'formaction', 'ping', 'manifest'}


class Page(HTMLParser):
    """Collects tags and text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope='module')
def page(result, clean):
    return render_report(Report(result, clean, 'drfuse fuse a b', datetime(2026, 1, 2, 3, 4)))


def test_nothing_is_loaded(page):
    found = Page(page)
    for tag, attributes in found.tags:
        assert tag not in ('iframe', 'object', 'embed', 'base')
        for name in LOADING & set(attributes):
            assert attributes[name].startswith('data:'), (tag, name)
    plain = re.sub(r'data:image/png;base64,[A-Za-z0-9+/=]+', '', page)
    assert not re.search(r'https?:|//[a-z]|@import|url\(|fetch\(|XMLHttpRequest|WebSocket|sendBeacon', plain)
    (policy,) = (a['content'] for t, a in found.tags if a.get('http-equiv') == 'Content-Security-Policy')
    assert policy.startswith("default-src 'none'; img-src data:;") and 'unsafe' not in policy


def test_everything_is_shown(page, result):
    found = Page(page)
    text = ' '.join(' '.join(found.text).split())
    for part in ('Q_AB/F', 'against clean', 'PSNR restored (dB)', 'The 3 steps', 'drfuse fuse a b', '2026-01-02 03:04',
                 result.report['weights_sha256'], 'type: GaussianBlur', 'restoring and fusing', 'torch'):
        assert part in text, part
    keys = [a['data-key'] for t, a in found.tags if t == 'img' and 'data-key' in a]
    assert len(keys) == len(set(keys)) == 6 + 4 * len(result.trajectory.steps)


def test_pictures_are_exact(page, result):
    uri = next(a['src'] for t, a in Page(page).tags if a.get('data-key') == 'fused')
    data = np.frombuffer(base64.b64decode(uri.split(',')[1]), np.uint8)
    np.testing.assert_array_equal(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], result.fused)


def test_names_are_escaped(result):
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    sources = {name: dict(source, source=evil) for name, source in result.report['sources'].items()}
    changed = replace(result, report=dict(result.report, name=evil, sources=sources, warnings=[evil]))
    page = render_report(Report(changed, command=evil))
    assert '<script>alert' not in page and '&lt;script&gt;alert(1)' in page
    assert not [a for t, a in Page(page).tags if any(name.startswith('on') for name in a)]
    assert sum(t == 'script' for t, _ in Page(page).tags) == 1


def test_without_clean_steps_and_command(ivf, degraded):
    page = render_report(Report(ivf(degraded['ir'], degraded['vis'], 'noise')))
    for part in ('against clean', 'id="restored"', 'reverse step', 'id="command"'):
        assert part not in page, part


def test_middle_of_a_large_picture_is_told(result):
    cut = replace(result.trajectory, window=result.trajectory.window._replace(top=8, bottom=40))
    assert 'Shown for the middle 64 x 32 pixels.' in render_report(Report(replace(result, trajectory=cut)))


def test_too_large_to_measure(result, monkeypatch):
    monkeypatch.setattr('drfuse.report.scores.LARGEST', 10)
    assert 'Not computed: the picture has more than' in render_report(Report(result))


def test_deep_pictures(ivf, scene):
    deep = ivf(scene['ir'].astype(np.uint16) * 200, (scene['vis'] / 255).astype(np.float32), 'noise')
    assert '64 x 48, uint16, grey' in render_report(Report(deep))


def test_write(result, tmp_path):
    path = write_report(Report(result), tmp_path / 'new' / 'page.html')
    assert path.read_text(encoding='utf-8').startswith('<!DOCTYPE html>')
    assert [p.name for p in path.parent.iterdir()] == ['page.html']


def test_failure_leaves_nothing(result, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, 'No space left on device')
    monkeypatch.setattr('drfuse.report.html.write_atomic', full)
    with pytest.raises(UserError, match='cannot write .*page.html: No space left on device'):
        write_report(Report(result), tmp_path / 'page.html')
    assert list(tmp_path.iterdir()) == []


def test_numbers():
    assert (number(float('nan')), number(1.23456), number(2, 1)) == ('-', '1.2346', '2.0')
    assert png_uri(np.zeros((2, 2), np.uint8)).startswith('data:image/png;base64,')


@pytest.mark.slow
@pytest.mark.browser
def test_pictures_zoom_and_move_together(chromium, result, clean, tmp_path):
    path = write_report(Report(result, clean), tmp_path / 'page.html')
    page, loaded, faults = chromium.new_page(viewport=dict(width=1300, height=900)), [], []
    page.on('request', lambda request: loaded.append(request.url))
    page.on('console', lambda message: faults.append(message.text))
    page.on('pageerror', lambda error: faults.append(str(error)))
    page.goto(path.as_uri())

    def transforms():
        return set(page.evaluate("[...document.querySelectorAll('.view img')].map(i => i.style.transform)"))
    assert transforms() == {'translate(0%, 0%) scale(1)'}
    box = page.locator('.view').first.bounding_box()
    page.mouse.move(box['x'] + box['width'] / 4, box['y'] + box['height'] / 2)
    page.keyboard.down('Control')
    page.mouse.wheel(0, -300)
    page.keyboard.up('Control')
    (zoomed,) = transforms()
    scale = float(zoomed.split('scale(')[1][:-1])
    assert scale == pytest.approx(np.exp(.6), rel=1e-3)
    assert float(zoomed[10:].split('%')[0]) == pytest.approx(25 * (1 - scale), abs=.5)  # what is under the cursor stays
    page.mouse.down()
    page.mouse.move(box['x'] + box['width'] / 4 - 20, box['y'] + box['height'] / 2)
    page.mouse.up()
    assert len(transforms()) == 1 and transforms() != {zoomed}
    page.locator('.view').nth(3).dblclick()
    assert transforms() == {'translate(0%, 0%) scale(1)'}
    page.select_option('#before', 'restored_ir')
    page.locator('#split').fill('20')
    assert page.evaluate("document.getElementById('clip').style.clipPath") == 'inset(0px 80% 0px 0px)'
    assert [url for url in loaded if not url.startswith('data:')] == [path.as_uri()] and faults == []
    page.close()


@pytest.mark.slow
@pytest.mark.browser
def test_fits_a_phone(chromium, result, tmp_path):
    path = write_report(Report(result, command='drfuse fuse ' + 'a' * 300), tmp_path / 'page.html')
    page = chromium.new_page(viewport=dict(width=390, height=844))
    page.goto(path.as_uri())
    assert page.evaluate('document.documentElement.scrollWidth') <= 390
    page.close()
