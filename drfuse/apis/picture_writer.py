"""Pictures to files, with what their source said beside its pixels; Pillow writes 8 bits, tifffile deeper TIFF."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from PIL import Image

from drfuse.apis.picture import Metadata, Picture
from drfuse.apis.picture_io import PNG_SIGNATURE, POINTERS
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.config import UserError

WRITABLE = ('.png', '.jpg', '.jpeg', '.bmp', '.tif', '.tiff', '.webp')
"""File kinds that results are written in."""


def check_form(picture: Picture, suffix: str, path: str | Path) -> None:
    """Raise a :class:`UserError` if files of the kind ``suffix`` cannot hold the picture's pixels."""
    kind = suffix.lower()
    if kind not in WRITABLE:
        raise UserError(f'{path}: results are written as {", ".join(WRITABLE)}, not {suffix or "without a suffix"}')
    dtype = picture.pixels.dtype
    if dtype.kind == 'f' and kind not in ('.tif', '.tiff'):
        raise UserError(f'{path} cannot hold float pixels: use .tif')
    if dtype != np.uint8 and kind not in ('.png', '.tif', '.tiff'):
        raise UserError(f'{path} cannot hold {dtype.itemsize * 8} bits: use .png or .tif')
    if picture.alpha is not None and kind in ('.jpg', '.jpeg', '.bmp'):
        raise UserError(f'{path} cannot hold alpha: use .png, .tif or .webp')


def write_picture(path: str | Path, picture: Picture) -> Path:
    """Write a picture with its metadata; the file is complete or absent at any time.

    PNG, TIFF, BMP and WebP are lossless; JPEG is written at quality 95 without chroma subsampling.

    Args:
        path: File; its suffix selects the kind, missing folders are made.
        picture: What to write.

    Returns:
        The path.

    Raises:
        UserError: If the kind cannot hold the pixels, or the file cannot be written.
    """
    path = Path(path)
    check_form(picture, path.suffix, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(encode(picture, path.suffix.lower()), path)
    except OSError as error:
        raise UserError(f'cannot write {path}: {error.strerror or error}') from None
    return path


def encode(picture: Picture, suffix: str) -> bytes:
    """Return the bytes of a file of the kind ``suffix``."""
    if picture.pixels.dtype == np.uint8:
        return _encode_8bit(picture, suffix)
    return _encode_png16(picture) if suffix == '.png' else _encode_deep_tiff(picture)


def _encode_8bit(picture: Picture, suffix: str) -> bytes:
    # level 3 takes a third of the time of zlib's usual 6 for files about 1 % larger
    jpeg = dict(quality=95, subsampling=0)
    options: dict[str, Any] = {'.png': dict(compress_level=3), '.jpg': jpeg, '.jpeg': jpeg,
                               '.webp': dict(lossless=True, exact=True), '.tif': dict(compression='tiff_deflate'),
                               '.tiff': dict(compression='tiff_deflate')}.get(suffix, {})
    known = dict(exif=picture.metadata.exif, icc_profile=picture.metadata.icc, dpi=picture.metadata.dpi)
    if suffix in ('.tif', '.tiff') and _has_parts(picture.metadata.exif):
        options = {}  # libtiff, which compresses, cannot write the camera's block
    options = {**options, **{key: value for key, value in known.items() if value}}
    file = io.BytesIO()
    Image.fromarray(picture.to_array()).save(file, Image.registered_extensions()[suffix], **options)
    return file.getvalue()


def _has_parts(exif: bytes) -> bool:
    """Return whether an EXIF block has further blocks in it: of the camera, of GPS, of interoperability."""
    block = Image.Exif()
    if exif:
        block.load(exif)
    return any(tag in block for tag in POINTERS)


def _encode_png16(picture: Picture) -> bytes:
    """Return a 16-bit PNG with its metadata in chunks behind the header (W3C, PNG specification, 3rd edition)."""
    array = picture.to_array()
    channels = 1 if array.ndim == 2 else array.shape[2]
    if channels == 2:
        data = _png_grey_alpha(array)
    else:
        data = cv2.imencode('.png', array if channels == 1 else array[..., [2, 1, 0, 3][:channels]])[1].tobytes()
    header = len(PNG_SIGNATURE) + 25
    meta, chunks = picture.metadata, b''
    if meta.icc:
        chunks += _chunk(b'iCCP', b'ICC profile\0\0' + zlib.compress(meta.icc))
    if meta.dpi:
        chunks += _chunk(b'pHYs', struct.pack('>IIB', *(round(d / 0.0254) for d in meta.dpi), 1))
    if meta.exif:
        chunks += _chunk(b'eXIf', meta.exif.removeprefix(b'Exif\0\0'))
    return data[:header] + chunks + data[header:]


def _png_grey_alpha(array: np.ndarray) -> bytes:
    """Return (H, W, 2) uint16 as PNG; neither OpenCV nor Pillow writes that."""
    height, width = array.shape[:2]
    rows = np.ascontiguousarray(array, '>u2').view(np.uint8).reshape(height, -1)
    lines = np.concatenate([np.zeros((height, 1), np.uint8), rows], 1)  # filter type 0 in front of each
    return b''.join((PNG_SIGNATURE, _chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 16, 4, 0, 0, 0)),
                     _chunk(b'IDAT', zlib.compress(lines.tobytes())), _chunk(b'IEND', b'')))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))


def _encode_deep_tiff(picture: Picture) -> bytes:
    array, meta = picture.to_array(), picture.metadata
    channels = 1 if array.ndim == 2 else array.shape[2]
    options: dict[str, Any] = dict(photometric='rgb' if channels >= 3 else 'minisblack', metadata=None, software=False)
    if channels in (2, 4):
        options.update(extrasamples=['unassalpha'], planarconfig='contig')
    if meta.dpi:
        options.update(resolution=meta.dpi, resolutionunit='inch')
    if meta.icc:
        options.update(iccprofile=meta.icc)
    file = io.BytesIO()
    tifffile.imwrite(file, array, extratags=_text_tags(meta), **options)
    return file.getvalue()


def _text_tags(meta: Metadata) -> list[tuple]:
    """Return the texts of the EXIF block (camera, date, author, ...) as TIFF tags."""
    exif = Image.Exif()
    if meta.exif:
        exif.load(meta.exif)
    return [(tag, 2, 0, value, True) for tag, value in sorted(exif.items()) if isinstance(value, str)]
