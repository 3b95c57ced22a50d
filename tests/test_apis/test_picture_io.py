"""Files come in without losing bits and go out in the same form."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, ImageOps

from drfuse.apis.picture import Metadata, Picture
from drfuse.apis.picture_io import MAX_PIXELS, peek_size, read_picture
from drfuse.apis.picture_writer import write_picture
from drfuse.utils.config import UserError

RNG = np.random.default_rng(0)
GREY, RGB = (RNG.integers(0, 256, shape, np.uint8) for shape in ((20, 30), (20, 30, 3)))
GREY16, RGB16 = (RNG.integers(0, 65536, shape, np.uint16) for shape in ((20, 30), (20, 30, 3)))
FLOAT = RNG.random((20, 30, 3), np.float32)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()


def picture(pixels, alpha=False, **metadata):
    exif = Image.Exif()
    exif[271], exif[306] = 'Camera', '2026:01:02 03:04:05'
    return Picture(pixels, pixels[..., 0].copy() if alpha else None, Metadata(exif=exif.tobytes(), **metadata))


@pytest.mark.parametrize(('suffix', 'pixels'), [
    ('.png', GREY), ('.png', RGB), ('.png', GREY16), ('.png', RGB16), ('.tif', GREY), ('.tif', RGB), ('.tiff', GREY16),
    ('.tif', RGB16), ('.tif', FLOAT), ('.tif', FLOAT[..., 0]), ('.webp', RGB), ('.bmp', RGB)],
    ids=lambda value: value if isinstance(value, str) else f'{value.dtype}{value.ndim}')
def test_lossless_files_come_back_with_metadata(tmp_path, suffix, pixels):
    colour = pixels.ndim == 3 and suffix != '.bmp'
    stored = picture(pixels, dpi=(300.0, 300.0), **(dict(icc=SRGB) if colour else {}))
    found = read_picture(write_picture(tmp_path / f'a{suffix}', stored))
    np.testing.assert_array_equal(found.pixels, pixels)
    assert found.pixels.dtype == pixels.dtype and found.alpha is None
    if colour:
        assert found.metadata.icc == SRGB
    if suffix in ('.png', '.tif', '.tiff'):
        assert found.metadata.dpi == pytest.approx((300, 300), abs=0.02)
        if pixels.dtype != np.float32 or pixels.ndim == 2:  # Pillow, which reads EXIF, knows no floats in colour
            exif = Image.Exif()
            exif.load(found.metadata.exif)
            assert (exif[271], exif[306]) == ('Camera', '2026:01:02 03:04:05')


@pytest.mark.parametrize(('suffix', 'pixels'), [('.png', RGB), ('.png', GREY16), ('.jpg', RGB),
                                                ('.tif', FLOAT[..., 0])])
@pytest.mark.parametrize('orientation', [1, 3, 6])
def test_the_size_is_known_without_the_pixels(tmp_path, suffix, pixels, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f'a{suffix}'
    Image.fromarray(pixels).save(path, exif=exif)
    assert peek_size(path) == read_picture(path).shape == ((30, 20) if orientation == 6 else (20, 30))


def test_a_size_that_is_not_known_is_none(tmp_path):
    (tmp_path / 'a.png').write_text('no picture')
    assert peek_size(tmp_path / 'a.png') is None and peek_size(tmp_path / 'none.png') is None


@pytest.mark.parametrize(('suffix', 'pixels'), [('.png', RGB), ('.png', RGB16), ('.tif', RGB), ('.tif', RGB16),
                                                ('.webp', RGB), ('.tif', FLOAT)])
def test_alpha_is_kept(tmp_path, suffix, pixels):
    found = read_picture(write_picture(tmp_path / f'a{suffix}', picture(pixels, alpha=True)))
    np.testing.assert_array_equal(found.alpha, pixels[..., 0])
    np.testing.assert_array_equal(found.pixels, pixels)


@pytest.mark.parametrize('pixels', [GREY, GREY16])
@pytest.mark.parametrize('suffix', ['.png', '.tif'])
def test_grey_with_alpha(tmp_path, suffix, pixels):
    found = read_picture(write_picture(tmp_path / f'a{suffix}', Picture(pixels, pixels[::-1].copy())))
    np.testing.assert_array_equal(found.pixels, pixels)
    np.testing.assert_array_equal(found.alpha, pixels[::-1])


def test_jpeg_keeps_metadata_and_looks_the_same(tmp_path):
    smooth = cv2.GaussianBlur(RGB, (0, 0), 3)
    found = read_picture(write_picture(tmp_path / 'a.jpg', picture(smooth, icc=SRGB, dpi=(150.0, 150.0))))
    assert np.abs(found.pixels.astype(int) - smooth).max() <= 4
    assert found.metadata.icc == SRGB and found.metadata.dpi == (150, 150)


def test_palette_bits_and_other_modes_are_expanded(tmp_path):
    image = Image.fromarray(RGB).quantize(16)
    image.save(tmp_path / 'palette.png')
    np.testing.assert_array_equal(read_picture(tmp_path / 'palette.png').pixels, np.asarray(image.convert('RGB')))
    image.save(tmp_path / 'alpha.png', transparency=3)
    np.testing.assert_array_equal(read_picture(tmp_path / 'alpha.png').alpha, np.where(np.asarray(image) == 3, 0, 255))
    Image.fromarray(GREY > 128).save(tmp_path / 'bits.png')
    np.testing.assert_array_equal(read_picture(tmp_path / 'bits.png').pixels, np.where(GREY > 128, 255, 0))
    Image.fromarray(RGB).convert('CMYK').save(tmp_path / 'cmyk.tif')
    assert read_picture(tmp_path / 'cmyk.tif').pixels.shape == (20, 30, 3)


@pytest.mark.parametrize('orientation', range(1, 9))
def test_orientation_is_applied_and_not_written(tmp_path, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(GREY).save(tmp_path / 'a.png', exif=exif)
    Image.fromarray(GREY16).save(tmp_path / 'b.png', exif=exif)
    tifffile.imwrite(tmp_path / 'c.tif', GREY16, extratags=[(274, 3, 1, orientation, True)])
    upright = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / 'a.png')))
    for name, pixels in (('a.png', GREY), ('b.png', GREY16), ('c.tif', GREY16)):
        found = read_picture(tmp_path / name)
        assert found.pixels.shape == upright.shape
        if name == 'a.png':
            np.testing.assert_array_equal(found.pixels, upright)
        else:  # the same places, whatever the values
            np.testing.assert_array_equal(np.sort(found.pixels, None), np.sort(pixels, None))
            assert found.pixels[0, 0] == pixels[_place(orientation, pixels.shape)]
        again = read_picture(write_picture(tmp_path / f'out_{name}', found))
        np.testing.assert_array_equal(again.pixels, found.pixels)


def _place(orientation, shape):
    """Return which stored pixel is at the upper left of the upright picture."""
    bottom, right = shape[0] - 1, shape[1] - 1
    return {1: (0, 0), 2: (0, right), 3: (bottom, right), 4: (bottom, 0), 5: (0, 0), 6: (bottom, 0),
            7: (bottom, right), 8: (0, right)}[orientation]


def bomb(width=100_000, height=100_000):
    """Return a PNG whose header promises ten thousand megapixels."""
    def chunk(kind, body):
        return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))
    header = struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)
    body = chunk(b'IDAT', zlib.compress(bytes(1000)))
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + body + chunk(b'IEND', b'')


def stored(pixels, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def frames():
    file = io.BytesIO()
    Image.fromarray(GREY).save(file, 'GIF', save_all=True, append_images=[Image.fromarray(GREY.T).resize((30, 20))])
    return file.getvalue()


def png(pixels):
    return cv2.imencode('.png', pixels)[1].tobytes()


@pytest.mark.parametrize(('name', 'data', 'message'), [
    ('cut.png', png(RGB)[:-40], 'cannot decode {}: the file is corrupt, cut off or no picture'),
    ('cut16.png', png(RGB16)[:-40], 'cannot decode {}: the file is corrupt, cut off or no picture'),
    ('cut.tif', stored(RGB16)[:-400], 'cannot decode {}: the file is corrupt, cut off or no picture'),
    ('empty.png', b'', 'cannot decode {}: the file is corrupt, cut off or no picture'),
    ('text.jpg', b'hello', 'cannot decode {}: the file is corrupt, cut off or no picture'),
    ('bomb.png', bomb(), f'{{}} has more than {MAX_PIXELS} pixels, the largest size that is read'),
    ('frames.gif', frames(), '{} holds 2 pictures; give a file with one'),
    ('pages.tif', stored(np.stack([GREY16, GREY16]), photometric='minisblack'), '{} holds 2 pictures'),
    ('nan.tif', stored(np.full((20, 20), np.nan, np.float32)), '{} holds floats from nan to nan; allowed is [0, 1]'),
    ('high.tif', stored(np.full((20, 20), 7, np.float32)), '{} holds floats from 7 to 7; allowed is [0, 1]'),
    ('int.tif', stored(np.full((20, 20), 7, np.int32)), '{} has pixel type int32; allowed are uint8, uint16'),
    ('five.tif', stored(np.zeros((20, 20, 5), np.uint16), planarconfig='contig'), '{} has 5 channels; allowed are'),
    ('one.png', png(GREY[:1, :1]), '{} is 1 x 1 (height x width); the shortest side allowed is 16 pixels')])
def test_bad_files_are_refused_in_one_line(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError) as error:
        read_picture(tmp_path / name)
    assert message.format(tmp_path / name) in str(error.value)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match='no picture file'):
        read_picture(tmp_path / 'none.png')
    with pytest.raises(UserError, match='is a folder, not a picture'):
        read_picture(tmp_path)


def exif_of(path):
    with Image.open(path) as image:
        exif = image.getexif()
        return dict(exif) | dict(exif.get_ifd(34665))


@pytest.mark.parametrize('suffix', ['.tif', '.png', '.jpg', '.webp'])
def test_the_camera_block_of_exif_is_kept(tmp_path, suffix):
    exif = Image.Exif()
    exif[271], exif[34665] = 'Camera', {36867: '2020:01:01 00:00:00'}
    Image.fromarray(RGB).save(tmp_path / 'photo.jpg', exif=exif)
    written = write_picture(tmp_path / f'out{suffix}', read_picture(tmp_path / 'photo.jpg'))
    assert exif_of(written)[271] == 'Camera' and exif_of(written)[36867] == '2020:01:01 00:00:00'


@pytest.mark.parametrize('suffix', ['.tif', '.png', '.jpg'])
def test_big_tiff(tmp_path, suffix):
    tifffile.imwrite(tmp_path / 'big.tif', RGB, bigtiff=True, metadata=None, software='camera')
    found = read_picture(tmp_path / 'big.tif')
    np.testing.assert_array_equal(found.pixels, RGB)
    assert exif_of(write_picture(tmp_path / f'out{suffix}', found))[305] == 'camera'


@pytest.mark.parametrize('planar', ['contig', 'separate'])
def test_half_floats(tmp_path, planar, capfd):
    pixels = FLOAT.astype(np.float16)
    stored = pixels if planar == 'contig' else np.moveaxis(pixels, -1, 0)
    tifffile.imwrite(tmp_path / 'half.tif', stored, photometric='rgb', planarconfig=planar)
    found = read_picture(tmp_path / 'half.tif').pixels
    assert found.dtype == np.float32 and capfd.readouterr().err == ''
    np.testing.assert_array_equal(found, pixels.astype(np.float32))


def test_profiles_of_converted_pixels_are_dropped(tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile('LAB')).tobytes()
    Image.fromarray(RGB).convert('LAB').save(tmp_path / 'lab.tif', icc_profile=lab)
    Image.fromarray(RGB).save(tmp_path / 'rgb.tif', icc_profile=SRGB)
    assert read_picture(tmp_path / 'lab.tif').metadata.icc == b''
    assert read_picture(tmp_path / 'rgb.tif').metadata.icc == SRGB


def test_descriptions_of_how_pixels_lie_are_dropped(tmp_path):
    tifffile.imwrite(tmp_path / 'a.tif', np.moveaxis(RGB, -1, 0), photometric='rgb', planarconfig='separate')
    written = write_picture(tmp_path / 'b.tif', read_picture(tmp_path / 'a.tif'))
    assert 270 not in exif_of(written) and tifffile.imread(written).shape == RGB.shape
    tifffile.imwrite(tmp_path / 'c.tif', RGB, description='a road', metadata=None)
    assert exif_of(write_picture(tmp_path / 'd.tif', read_picture(tmp_path / 'c.tif')))[270] == 'a road'
