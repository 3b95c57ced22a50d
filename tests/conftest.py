"""Fixtures shared by the whole suite."""

import os
import shutil
from pathlib import Path

import pytest
import torch
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope

REPO = Path(__file__).resolve().parents[1]


@pytest.fixture(scope='session', autouse=True)
def few_threads():
    """Keep parallel test workers from fighting over the cores."""
    torch.set_num_threads(1)


@pytest.fixture(scope='session')
def repo_dir() -> Path:
    """The checkout."""
    return REPO


@pytest.fixture(scope='session')
def shared_dir() -> Path:
    """The reference data: DRFUSE_SHARED, or ``shared`` beside the checkout. Absent: skip, but fail in the gate."""
    path = Path(os.environ.get('DRFUSE_SHARED') or REPO.parent / 'shared')
    if path.is_dir():
        return path
    reason = f'reference data not found at {path}: set DRFUSE_SHARED'
    if os.environ.get('CI', '').lower() in ('1', 'true'):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope='session')
def chromium():
    """A headless browser. Absent: skip, but fail where DRFUSE_BROWSER is set, as .ci/browser does."""
    try:
        from playwright.sync_api import sync_playwright
        path = shutil.which('chromium')
        missing = None if path else 'chromium is not installed'
    except ImportError:
        missing = 'playwright is not installed: pip install playwright'
    if missing and os.environ.get('DRFUSE_BROWSER'):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=['--no-sandbox'])
        yield browser
        browser.close()


@pytest.fixture(scope='module')
def forget_runs():
    """Close the logs of runs made in this process, and forget MMEngine's global state, when a module is done."""
    yield
    for logger in MMLogger._instance_dict.values():
        for handler in list(logger.handlers):
            handler.close()
    for manager in (MMLogger, MessageHub, DefaultScope):
        manager._instance_dict.clear()
