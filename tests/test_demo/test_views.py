"""What the page shows."""

from dataclasses import replace

import pytest

from drfuse import FusionInferencer
from drfuse.apis.picture import as_picture
from drfuse.demo.views import assumptions, images_of, metrics_table
from drfuse.report import Report


@pytest.fixture(scope='module')
def report(zoo, scene):
    ivf = FusionInferencer('ivf', device='cpu', folder=zoo)
    result = ivf(scene['ir'][::2, ::2], scene['vis'], 'composite')
    return Report(result, {name: as_picture(image, name) for name, image in scene.items()})


def test_images_have_one_size(report):
    images = images_of(report)
    assert set(images) == {'observed_ir', 'restored_ir', 'weights', 'observed_vis', 'restored_vis', 'fused'}
    assert {image.shape[:2] for _, image in images.values()} == {(48, 64)}


def test_metrics(report):
    assert 'PSNR restored (dB)' in metrics_table(report) and 'against clean' in metrics_table(report)
    without = metrics_table(Report(report.result))
    assert 'PSNR' not in without and 'Q_AB/F' in without


def test_too_large_to_measure(report, monkeypatch):
    monkeypatch.setattr('drfuse.report.scores.LARGEST', 1)
    assert metrics_table(Report(report.result)) == '<p>Not measured: the picture is too large.</p>'


def test_names_are_escaped(report):
    sources = {name: dict(s, origin='<script>') for name, s in report.result.report['sources'].items()}
    changed = replace(report.result, report=dict(report.result.report, sources=sources, warnings=['<img>']))
    text = assumptions(Report(changed))
    assert '<script>' not in text and '<img>' not in text and '&lt;img&gt;' in text and '64 x 48 pixels in' in text
