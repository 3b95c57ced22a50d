"""The README's picture of the page; taking it needs a browser (tests/test_demo/test_page.py drives the same page)."""

import io

import numpy as np
import pytest
from PIL import Image


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, 'PNG')
    return file.getvalue()


def test_shrunk(load_tool, repo_dir):
    tool = load_tool('analysis_tools/page_screenshot.py')
    noise = png(np.random.default_rng(0).integers(0, 255, (100, 200, 3), np.uint8))
    small = tool.shrunk(noise, 100, 4500)
    assert len(small) <= 4500 and Image.open(io.BytesIO(small)).size == (100, 50)
    with pytest.raises(ValueError, match='needs more than 10 bytes'):
        tool.shrunk(noise, 100, 10)
    assert (repo_dir / 'docs/images/page.png').stat().st_size <= tool.LARGEST


def test_without_a_browser(load_tool, monkeypatch, capsys):
    tool = load_tool('analysis_tools/page_screenshot.py')
    monkeypatch.setattr(tool.shutil, 'which', lambda name: None)
    assert tool.main([]) == 2
    assert capsys.readouterr().err == 'error: chromium is not installed: apt-get install chromium\n'
