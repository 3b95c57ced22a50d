from pathlib import Path

import pytest

from drfuse import FusionInferencer
from drfuse.apis.picture import as_picture

from ..test_apis.conftest import scene, zoo  # noqa: F401 - fixtures


@pytest.fixture(scope='session')
def ivf(zoo: Path):  # noqa: F811
    """An inferencer with a small untrained model."""
    return FusionInferencer('ivf', device='cpu', folder=zoo)


@pytest.fixture(scope='session')
def degraded(scene):  # noqa: F811
    """The pair with a smaller ir."""
    return dict(ir=scene['ir'][::2, ::2].copy(), vis=scene['vis'])


@pytest.fixture(scope='session')
def result(ivf, degraded):
    return ivf(degraded['ir'], degraded['vis'], 'composite', return_trajectory=True)


@pytest.fixture(scope='session')
def clean(scene):  # noqa: F811
    return {name: as_picture(image, f'clean {name}') for name, image in scene.items()}
