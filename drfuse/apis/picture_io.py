"""Picture files, decoded without losing bits: Pillow reads what has 8, OpenCV deeper pixels (Pillow would cut them)."""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from PIL import Image

from drfuse.apis.picture import Metadata, Picture, checked
from drfuse.utils.config import UserError

MAX_PIXELS = 2 * 89478485
"""Pillow's limit of decompression bombs, in pixels."""

PNG_SIGNATURE = b'\x89PNG\r\n\x1a\n'
_TIFF = (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')
_ORIENTATION, _ICC_TAG, _DESCRIPTION = 274, 34675, 270
POINTERS = (34665, 34853, 40965)
"""Tags of an EXIF block that lead to further blocks in it."""
_SHAPES = ('{"shape"', 'ImageJ=', '<?xml')
"""Descriptions that say how the pixels of one file lie."""
_TIFF_TAGS = (_ORIENTATION, _ICC_TAG, 282, 283, 296)
# tags that say how the pixels of one TIFF file are stored
_STRUCTURE = {254, 255, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 282, 283, 284, 296, 317, 320, 322, 323, 324,
              325, 338, 339, 347, 529, 530, 531, 532, _ICC_TAG}
_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: np.swapaxes(a, 0, 1),
    6: lambda a: np.rot90(a, -1), 7: lambda a: np.rot90(np.swapaxes(a, 0, 1), 2), 8: np.rot90}
"""EXIF orientation to what turns the stored pixels upright; 1 = nothing."""
_MODES = {'L': 'L', 'LA': 'LA', 'RGB': 'RGB', 'RGBA': 'RGBA', 'I;16': 'I;16', 'I': 'I', 'F': 'F', '1': 'L', 'La': 'LA',
          'PA': 'RGBA', 'RGBa': 'RGBA', 'I;16L': 'I;16', 'I;16B': 'I;16', 'I;16N': 'I;16'}


def read_picture(path: str | Path) -> Picture:
    """Read a picture file: 8 and 16 bits, grey, colour, palette, alpha, float TIFF; EXIF orientation is applied.

    Args:
        path: A file of one of the kinds that Pillow knows, or a TIFF of 16-bit or float pixels.

    Raises:
        FileNotFoundError: If there is no such file.
        UserError: If it is no picture, damaged, too large, too small, animated, or of another pixel type.
    """
    if re.match(r'\w[\w+.-]+://', str(path)):
        raise UserError(f'{path} is a URL; pictures are read from files: download it first')
    path = Path(path).expanduser()
    if path.is_dir():
        raise UserError(f'{path} is a folder, not a picture')
    if not path.is_file():
        raise FileNotFoundError(f'no picture file {path}')
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f'cannot read {path}: {error.strerror}') from None
    picture = _decode(data, path)
    return checked(Picture(picture.pixels, picture.alpha, picture.metadata, str(path), path))


def peek_size(path: str | Path) -> tuple[int, int] | None:
    """Return the upright size (H, W) of a picture file from its header, None where Pillow does not find it there."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # as of _decode
            with Image.open(path) as image:
                tags = getattr(image, 'tag_v2', {})  # of a TIFF, whose size some versions of Pillow turn upright
                width, height = tags.get(256, image.width), tags.get(257, image.height)
                sideways = image.getexif().get(_ORIENTATION) in (5, 6, 7, 8)
    except Exception:  # noqa: BLE001 - decoders raise anything on damaged files; reading these says what is wrong
        return None
    return (width, height) if sideways else (height, width)


def _decode(data: bytes, path: Path) -> Picture:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # of Pillow, on odd metadata and on pictures of half the largest size
            return _decode_deep_tiff(data, path) or _decode_any(data, path)
    except Image.DecompressionBombError:
        raise UserError(f'{path} has more than {MAX_PIXELS} pixels, the largest size that is read') from None
    except (UserError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - decoders raise anything on damaged files
        raise UserError(f'cannot decode {path}: the file is corrupt, cut off or no picture') from None


def _decode_any(data: bytes, path: Path) -> Picture:
    with Image.open(io.BytesIO(data)) as image:
        frames = getattr(image, 'n_frames', 1)
        if frames > 1 and image.format != 'MPO':  # a camera's JPEG with a preview behind it
            raise UserError(f'{path} holds {frames} pictures; give a file with one')
        image.load()
        if data.startswith(PNG_SIGNATURE) and data[24] == 16:
            picture = _deep_pixels(data, grey_alpha=data[25] == 4)
            return _upright(picture.pixels, picture.alpha, *_metadata(image))
        return from_pil(image, str(path))


def _decode_deep_tiff(data: bytes, path: Path) -> Picture | None:
    """Return the picture of a TIFF file whose pixels have more than 8 bits, else None."""
    if not data.startswith(_TIFF):
        return None
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page, pages = file.pages[0], len(file.pages)
        _check_tiff(page, path)
        if page.dtype.name in ('uint8', 'bool'):
            return None
        if pages > 1:
            raise UserError(f'{path} holds {pages} pictures; give a file with one')
        tags = {code: page.tags[code].value for code in _TIFF_TAGS if code in page.tags}
        if page.samplesperpixel == 2:  # OpenCV has no grey with alpha
            array = page.asarray()
            picture = Picture(array[..., 0], array[..., 1])
        elif page.dtype.name == 'float16':  # nor this
            picture = _half_floats(page)
        else:
            picture = _deep_pixels(_as_stored(data, page, file.byteorder))
    metadata = Metadata(_tiff_exif(data), tags.get(_ICC_TAG, b''), _tiff_dpi(tags))
    return _upright(picture.pixels, picture.alpha, metadata, int(tags.get(_ORIENTATION, 1)))


def _half_floats(page: Any) -> Picture:
    array = page.asarray().astype(np.float32)
    array = np.moveaxis(array, 0, -1) if page.planarconfig == 2 and array.ndim == 3 else array
    if array.ndim == 2:
        return Picture(array)
    return Picture(array[..., :3], array[..., 3] if array.shape[2] == 4 else None)


def _check_tiff(page: Any, path: Path) -> None:
    if page.samplesperpixel not in (1, 2, 3, 4):
        raise UserError(f'{path} has {page.samplesperpixel} channels; allowed are 1 (grey) and 3 (RGB), and alpha')
    if page.imagewidth * page.imagelength > MAX_PIXELS:
        raise Image.DecompressionBombError
    if page.dtype is None or page.dtype.kind != 'f' and page.dtype.name not in ('bool', 'uint8', 'uint16'):
        raise UserError(f'{path} has pixel type {page.dtype}; allowed are uint8, uint16 and floats in [0, 1]')


def _as_stored(data: bytes, page: Any, byteorder: str) -> bytes:
    """Return the file with its orientation set to 1: OpenCV turns some orientations and others not."""
    tag = page.tags.get(_ORIENTATION)
    if tag is None:
        return data
    changed = bytearray(data)
    struct.pack_into(f'{byteorder}H', changed, tag.valueoffset, 1)
    return bytes(changed)


def _tiff_dpi(tags: dict[int, Any]) -> tuple[float, float] | None:
    """Return the resolution by the tags XResolution, YResolution and ResolutionUnit (2: inch, 3: cm)."""
    unit = {2: 1.0, 3: 2.54}.get(int(tags.get(296, 1)))
    if unit is None or 282 not in tags or 283 not in tags:
        return None
    (a, b), (c, d) = tags[282], tags[283]
    return (unit * a / b, unit * c / d) if a and b and c and d else None


def _tiff_exif(data: bytes) -> bytes:
    """Return the EXIF block of a TIFF if Pillow knows its pixel type, else nothing."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return _metadata(image)[0].exif
    except OSError:
        return b''


def _deep_pixels(data: bytes, grey_alpha: bool = False) -> Picture:
    """Decode with OpenCV, which keeps 16 bits and floats; grey with alpha comes as four channels."""
    array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if array is None:
        raise OSError('not decoded')
    if array.ndim == 2:
        return Picture(array)
    alpha = array[..., 3] if array.shape[2] == 4 else None
    return Picture(array[..., 0] if grey_alpha else array[..., 2::-1], alpha)


def from_pil(image: Image.Image, name: str) -> Picture:
    """Return a PIL image of any mode as a picture, upright; a palette is expanded."""
    mode = _MODES.get(image.mode, 'RGB')
    if 'transparency' in image.info and mode in ('L', 'RGB'):
        mode = 'LA' if image.mode == 'L' else 'RGBA'
    array = np.asarray(image if image.mode == mode else image.convert(mode))
    if mode == 'I' and 0 <= array.min() <= array.max() <= 65535:
        array = array.astype(np.uint16)  # how some versions of Pillow open 16-bit files
    alpha = array[..., -1] if mode in ('LA', 'RGBA') else None
    pixels = array if array.ndim == 2 else array[..., 0] if mode == 'LA' else array[..., :3]
    picture = _upright(pixels, alpha, *_metadata(image))
    return Picture(picture.pixels, picture.alpha, picture.metadata, name)


def _metadata(image: Image.Image) -> tuple[Metadata, int]:
    """Return the metadata without orientation, and the orientation."""
    exif = image.getexif()
    orientation = exif.pop(_ORIENTATION, 1)
    for tag in _STRUCTURE & set(exif):
        del exif[tag]
    if str(exif.get(_DESCRIPTION, '')).startswith(_SHAPES):
        del exif[_DESCRIPTION]
    if exif.bigtiff:  # its block cannot stand in other files
        exif = _classic(exif)
    dpi = image.info.get('dpi')
    dpi = (float(dpi[0]), float(dpi[1])) if dpi and all(float(d) > 0 for d in dpi) else None
    icc = image.info.get('icc_profile') or b''
    if icc[16:20] not in (b'RGB ', b'GRAY'):  # pixels of another kind are converted, and this says nothing of them
        icc = b''
    return Metadata(exif.tobytes() if len(exif) else b'', icc, dpi), int(orientation)


def _classic(exif: Image.Exif) -> Image.Exif:
    """Return the plain tags of a BigTIFF in an EXIF block that every file takes."""
    found = Image.Exif()
    for tag, value in exif.items():
        if tag not in POINTERS:
            found[tag] = value
    return found


def _upright(pixels: np.ndarray, alpha: np.ndarray | None, metadata: Metadata, orientation: int) -> Picture:
    turn = _UPRIGHT.get(orientation, lambda array: array)
    return Picture(turn(pixels), None if alpha is None else turn(alpha), metadata)
