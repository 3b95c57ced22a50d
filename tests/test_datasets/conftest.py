import numpy as np
import pytest
from mmcv import imwrite


@pytest.fixture
def pairs(tmp_path):
    """Return a function that writes infrared-visible pairs, and their root."""

    def write(stems=('a', 'b', 'c'), size=(24, 32), split='train', root=None, ir_channels=1):
        root = root or tmp_path / 'set'
        for number, stem in enumerate(stems):
            rng = np.random.default_rng(number)
            ir = rng.integers(0, 256, (*size, 1), dtype=np.uint8).repeat(ir_channels, 2)
            imwrite(ir, str(root / split / 'ir' / f'{stem}.png'))
            imwrite(rng.integers(0, 256, (*size, 3), dtype=np.uint8), str(root / split / 'vi' / f'{stem}.png'))
        return root

    return write
