import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from drfuse.datasets.image_io import read_image, set_channels, to_tensor

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 7), dtype=np.uint8)
RGB = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)


def written(tmp_path, image, name='x.png'):
    """Write an array as it is: OpenCV's channel order is B, G, R, A."""
    path = tmp_path / name
    assert cv2.imwrite(str(path), image)
    return path


@pytest.mark.parametrize('name', ['x.png', 'x.bmp', 'x.tif', 'X.PNG'])
def test_grey_and_colour_are_read_as_stored(tmp_path, name):
    assert np.array_equal(read_image(written(tmp_path, GREY, name)), GREY)
    assert np.array_equal(read_image(written(tmp_path, RGB[..., ::-1], name)), RGB)


def test_sixteen_bits_are_kept(tmp_path):
    deep = RNG.integers(0, 65536, (5, 7), dtype=np.uint16)
    image = read_image(written(tmp_path, deep))
    assert image.dtype == np.uint16
    assert np.array_equal(image, deep)
    assert torch.equal(to_tensor(image)[0], torch.from_numpy(deep.astype(np.float32)) / 65535)


def test_alpha_is_dropped_and_not_composited(tmp_path):
    bgra = np.dstack([RGB[..., ::-1], np.zeros_like(GREY)])
    assert np.array_equal(read_image(written(tmp_path, bgra)), RGB)


def test_alpha_is_dropped_from_grey_too(tmp_path):
    Image.merge('LA', [Image.fromarray(GREY), Image.fromarray(GREY // 2)]).save(tmp_path / 'la.png')
    assert np.array_equal(read_image(tmp_path / 'la.png'), GREY)


def test_palette_is_expanded(tmp_path):
    levels = GREY // 128
    picture = Image.new('P', (7, 5))
    picture.putdata(levels.ravel().tolist())
    picture.putpalette([10, 20, 30, 200, 100, 50])
    picture.save(tmp_path / 'p.png')
    assert np.array_equal(read_image(tmp_path / 'p.png'), np.array([[10, 20, 30], [200, 100, 50]], np.uint8)[levels])


def test_float_tiff_is_kept_and_its_range_checked(tmp_path):
    ramp = np.linspace(0, 1, 35, dtype=np.float32).reshape(5, 7)
    assert np.array_equal(read_image(written(tmp_path, ramp, 'x.tif')), ramp)
    with pytest.raises(ValueError, match=r'x.tif holds floats from 0 to 2; allowed is \[0, 1\]'):
        read_image(written(tmp_path, ramp * 2, 'x.tif'))
    ramp[0, 0] = np.nan
    with pytest.raises(ValueError, match='holds floats from nan'):
        read_image(written(tmp_path, ramp, 'x.tif'))


@pytest.mark.parametrize('channels', [2, 5])
def test_other_numbers_of_channels_are_refused(tmp_path, channels):
    tifffile = pytest.importorskip('tifffile')
    tifffile.imwrite(tmp_path / 'x.tif', np.dstack([GREY] * channels), photometric='minisblack', planarconfig='contig')
    with pytest.raises(ValueError, match=rf'x.tif has {channels} channels; allowed are 1 \(grey\), 3 \(RGB\)'):
        read_image(tmp_path / 'x.tif')


def test_other_pixel_types_are_refused(tmp_path):
    with pytest.raises(ValueError, match='pixel type int16; allowed are uint8, uint16'):
        read_image(written(tmp_path, GREY.astype(np.int16), 'x.tif'))


@pytest.mark.parametrize('name', ['x.png', 'x.jpg'])
def test_a_file_that_is_cut_off_is_refused(tmp_path, name):
    path = written(tmp_path, RNG.integers(0, 256, (60, 70, 3), dtype=np.uint8), name)
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(ValueError, match=f'cannot decode .*{name}: the file is corrupt'):
        read_image(path)


@pytest.mark.parametrize('content', [b'', b'hello'])
def test_a_file_that_is_no_image_is_refused(tmp_path, content):
    (tmp_path / 'x.bmp').write_bytes(content)
    with pytest.raises(ValueError, match='cannot decode .*x.bmp'):
        read_image(tmp_path / 'x.bmp')


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='no image file .*gone.png'):
        read_image(tmp_path / 'gone.png')


def test_tensor_is_channels_first_in_the_unit_range():
    tensor = to_tensor(RGB)
    assert tensor.shape == (3, 5, 7)
    assert tensor.dtype == torch.float32
    assert torch.equal(tensor[1], torch.from_numpy(RGB[..., 1].astype(np.float32)) / 255)


def test_set_channels():
    grey, colour = to_tensor(GREY), to_tensor(RGB)
    assert torch.equal(set_channels(grey, 3), grey.repeat(3, 1, 1))
    assert torch.equal(set_channels(grey.repeat(3, 1, 1), 1), grey)
    weights = torch.tensor([.299, .587, .114]).view(3, 1, 1)
    torch.testing.assert_close(set_channels(colour, 1), (weights * colour).sum(0, keepdim=True))
    assert set_channels(colour, 3) is colour
    with pytest.raises(ValueError, match='channels must be 1 or 3, got 2'):
        set_channels(grey, 2)


def test_real_files(shared_dir):
    visible = read_image(shared_dir / 'data/m3fd_sample/clean/vi/00000.png')
    assert visible.shape == (768, 1024, 3)
    infrared = read_image(next((shared_dir / 'data/roadscene/test/ir').glob('*.jpg')))
    assert infrared.ndim == 2
    pet = read_image(next((shared_dir / 'data/harvard_pet_mri/test/pet').glob('*.png')))
    assert pet.shape == (256, 256, 3)
