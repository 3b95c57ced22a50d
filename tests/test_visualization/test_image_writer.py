import cv2
import numpy as np
import pytest
import torch

from drfuse.visualization.image_writer import safe_name, to_uint8, write_png


def test_levels_are_rounded_half_up_and_clamped():
    image = torch.tensor([[-1.0, 0.0, 0.5 / 255, 0.49 / 255, 1.0, 2.0, float('nan')]])
    assert to_uint8(image).tolist() == [[0, 0, 1, 0, 255, 255, 0]]


def test_png_round_trip_in_rgb(tmp_path):
    colour = torch.rand(3, 5, 7, generator=torch.Generator().manual_seed(0))
    path = write_png(tmp_path / 'deep' / 'c.png', colour)
    assert np.array_equal(cv2.imread(str(path))[..., ::-1], to_uint8(colour))
    grey = write_png(tmp_path / 'g.png', colour[:1])
    assert np.array_equal(cv2.imread(str(grey), cv2.IMREAD_UNCHANGED), to_uint8(colour[0]))
    assert sorted(p.name for p in tmp_path.rglob('*.png')) == ['c.png', 'g.png']


def test_wrong_shape():
    with pytest.raises(ValueError, match=r'got \(2, 4, 4\)'):
        to_uint8(torch.zeros(2, 4, 4))


def test_names_stay_in_their_folder():
    assert safe_name('../a\\b') == '.._a_b'
