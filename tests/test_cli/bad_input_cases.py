"""Mistakes and what is said of them: the one source of test_bad_input.py and docs/bad_input.md.

Every case starts in a folder with ``ir/`` and ``vis/`` (one.png and two.png of 48 x 64 pixels each), ``fused/`` (copies
of ``vis/``), ``tiny.py`` and ``tiny.pth`` (a small model), and may damage it first. ``drfuse fuse`` is run with
``--model tiny.py --weights tiny.pth`` where it names a task and no model.
"""

import errno
import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import cv2
import numpy as np
import tifffile
import torch
from PIL import Image

Damage = Callable[[Path, Any], object]
FUSE = 'fuse ir/one.png vis/one.png -o out.png --task ivf'
GIVEN = f'{FUSE} --preset noise'
FOLDERS = 'fuse ir vis -o out --task ivf --preset noise'
DEGRADE = 'degrade ir vis -o out'
EVALUATE = 'evaluate --fused fused --sources ir vis --metrics EN'


class Case(NamedTuple):
    """A mistake.

    Attributes:
        name: What is wrong.
        command: The command line without ``drfuse``.
        message: The whole line on standard error.
        damage: What is done to the folder before; gets the folder and pytest's ``monkeypatch``.
        code: Exit code.
    """

    name: str
    command: str
    message: str
    damage: Damage | None = None
    code: int = 2


def put(name: str, data: bytes) -> Damage:
    """Return what writes a file."""
    return lambda root, patch: (root / name).write_bytes(data)


def png(*shape: int, dtype: str = 'uint8') -> bytes:
    return cv2.imencode('.png', np.full(shape, 90, dtype))[1].tobytes()


def tiff(pixels: np.ndarray, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def gif() -> bytes:
    file = io.BytesIO()
    frames = [Image.fromarray(np.full((48, 64), level, np.uint8)) for level in (0, 200)]
    frames[0].save(file, 'GIF', save_all=True, append_images=frames[1:])
    return file.getvalue()


def bomb() -> bytes:
    """Return a PNG whose header promises ten thousand megapixels."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))
    header = struct.pack('>IIBBBBB', 100_000, 100_000, 8, 0, 0, 0, 0)
    body = chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(bytes(999)))
    return b'\x89PNG\r\n\x1a\n' + body + chunk(b'IEND', b'')


def cut(name: str) -> Damage:
    return lambda root, patch: (root / name).write_bytes((root / name).read_bytes()[:-30])


def full_disk(root: Path, patch: Any) -> None:
    def fail(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    patch.setattr('drfuse.utils.checkpoint.os.fsync', fail)


def full_disk_for_images(root: Path, patch: Any) -> None:
    def fail(image: np.ndarray, path: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    patch.setattr('mmcv.imwrite', fail)


def no_permission(root: Path, patch: Any) -> None:
    patch.setattr('drfuse.cli.targets.os', SimpleNamespace(access=lambda path, mode: False, W_OK=2, X_OK=1))


class Evil:
    """A checkpoint that would make a folder."""

    def __reduce__(self) -> tuple:
        return os.mkdir, ('ran',)


def several(*damages: Damage) -> Damage:
    return lambda root, patch: [damage(root, patch) for damage in damages]


CASES = [
    # ---- options
    Case('nothing said of the task', 'fuse ir vis -o out',
         'drfuse: --task is needed: ivf (infrared and visible) or mif (PET and MRI)'),
    Case('unknown task', 'fuse ir vis -o out --task rgb',
         "drfuse: --task must be one of ivf, mif, got 'rgb'"),
    Case('no output', 'fuse ir vis --task ivf',
         "drfuse: Missing option '--output' / '-o'; --help lists the options"),
    Case('unknown option', f'{FUSE} --sharpen',
         'drfuse: No such option: --sharpen; --help lists the options'),
    Case('one source', 'fuse ir -o out --task ivf',
         "drfuse: Missing argument 'SRC_B'; --help lists the options"),
    Case('a text for a number', f'{FUSE} --a-noise high',
         "drfuse: Invalid value for '--a-noise': Input should be a valid number, unable to parse string as a "
         'number; --help lists the options'),
    Case('unknown command', 'mix ir vis',
         "drfuse: No such command 'mix'; --help lists the options"),
    Case('unknown precision', f'{GIVEN} --precision half',
         "drfuse: precision must be one of auto, float32, bfloat16, got 'half'"),
    Case('unknown device', f'{GIVEN} --device gpu',
         "drfuse: device must be cpu, cuda, cuda:0, ... or another one of torch, got 'gpu'"),
    Case('unknown chroma', f'{GIVEN} --chroma vivid',
         "drfuse: chroma must be one of observed, guided, got 'vivid'"),
    Case('unknown tiles', f'{GIVEN} --tile 12',
         'drfuse: tile must be auto or off, or a side of at least 64 pixels, got 12'),
    Case('a model of the other task', 'fuse ir/one.png vis/one.png -o out.png --task ivf --model mif',
         'drfuse: the model mif is for the task mif, not ivf'),
    # ---- sources
    Case('the same file twice', 'fuse ir/one.png ir/one.png -o out.png --task ivf',
         'drfuse: A and B are the same file ir/one.png'),
    Case('a file for several pairs', 'fuse ir vis -o out.png --task ivf --preset noise',
         'drfuse: out.png: several pairs need a folder, not a file'),
    Case('A is missing', 'fuse none.png vis/one.png -o out.png --task ivf',
         'drfuse: no file or folder none.png'),
    Case('B is missing', 'fuse ir/one.png none.png -o out.png --task ivf',
         'drfuse: no file or folder none.png'),
    Case('a folder is missing', 'fuse ir none -o out --task ivf',
         'drfuse: no file or folder none'),
    Case('a URL', 'fuse https://host/ir.png vis/one.png -o out.png --task ivf --preset noise',
         'drfuse: https://host/ir.png is a URL; pictures are read from files: download it first'),
    Case('a folder and a file', 'fuse ir vis/one.png -o out --task ivf',
         'drfuse: A and B must be of one kind: ir is a folder, vis/one.png is not'),
    Case('the same folder twice', 'fuse ir ir -o out --task ivf',
         'drfuse: A and B are the same folder ir'),
    Case('an empty folder', 'fuse empty vis -o out --task ivf',
         'drfuse: no images in empty; allowed are .png, .jpg, .jpeg, .bmp, .tif, .tiff',
         lambda root, patch: (root / 'empty').mkdir()),
    Case('a file without partner', FOLDERS,
         'drfuse: file names do not match: 1 of ir without a partner in vis: three',
         put('ir/three.png', png(48, 64))),
    Case('two files of one stem', FOLDERS,
         "drfuse: ir holds two images of the stem 'one': one.jpg and one.png",
         put('ir/one.jpg', b'x')),
    # ---- pictures
    Case('cut off', GIVEN,
         'drfuse: cannot decode vis/one.png: the file is corrupt, cut off or no picture',
         cut('vis/one.png')),
    Case('empty file', GIVEN,
         'drfuse: cannot decode vis/one.png: the file is corrupt, cut off or no picture',
         put('vis/one.png', b'')),
    Case('no picture', GIVEN,
         'drfuse: cannot decode ir/one.png: the file is corrupt, cut off or no picture',
         put('ir/one.png', b'hello')),
    Case('decompression bomb', GIVEN,
         'drfuse: ir/one.png has more than 178956970 pixels, the largest size that is read',
         put('ir/one.png', bomb())),
    Case('one pixel', GIVEN,
         'drfuse: ir/one.png is 1 x 1 (height x width); the shortest side allowed is 16 pixels',
         put('ir/one.png', png(1, 1))),
    Case('too narrow', GIVEN,
         'drfuse: ir/one.png is 48 x 15 (height x width); the shortest side allowed is 16 pixels',
         put('ir/one.png', png(48, 15))),
    Case('not a number', 'fuse ir/one.tif vis/one.png -o out.png --task ivf --preset noise',
         'drfuse: ir/one.tif holds floats from nan to nan; allowed is [0, 1]: scale it first',
         put('ir/one.tif', tiff(np.full((48, 64), np.nan, np.float32)))),
    Case('floats beyond 1', 'fuse ir/one.tif vis/one.png -o out.png --task ivf --preset noise',
         'drfuse: ir/one.tif holds floats from 300 to 300; allowed is [0, 1]: scale it first',
         put('ir/one.tif', tiff(np.full((48, 64), 300, np.float32)))),
    Case('32-bit integers', 'fuse ir/one.tif vis/one.png -o out.png --task ivf --preset noise',
         'drfuse: ir/one.tif has pixel type int32; allowed are uint8, uint16 and floats in [0, 1]',
         put('ir/one.tif', tiff(np.zeros((48, 64), np.int32)))),
    Case('five channels', 'fuse ir/one.tif vis/one.png -o out.png --task ivf --preset noise',
         'drfuse: ir/one.tif has 5 channels; allowed are 1 (grey) and 3 (RGB), and alpha',
         put('ir/one.tif', tiff(np.zeros((48, 64, 5), np.uint16), planarconfig='contig'))),
    Case('animated', 'fuse ir/one.gif vis/one.png -o out.png --task ivf --preset noise',
         'drfuse: ir/one.gif holds 2 pictures; give a file with one',
         put('ir/one.gif', gif())),
    Case('sizes that do not fit', GIVEN,
         'drfuse: ir/one.png is 40 x 50 and vis/one.png is 48 x 64 (height x width): they must show the same '
         'view and differ by an integer factor up to 16; crop or resize ir/one.png to 48 x 64',
         put('ir/one.png', png(40, 50))),
    Case('turned by a quarter', GIVEN,
         'drfuse: ir/one.png is 64 x 48 and vis/one.png is 48 x 64 (height x width): they must show the same '
         'view and differ by an integer factor up to 16; crop or resize ir/one.png to 48 x 64',
         put('ir/one.png', png(64, 48))),
    Case('a scale of a full-size source', f'{GIVEN} --a-scale 2',
         'drfuse: ir/one.png is 48 x 64 (height x width), the full size of the pair: its scale is 1, not 2'),
    Case('a scale that the sizes deny', f'{GIVEN} --a-scale 4',
         'drfuse: ir/one.png is 24 x 32 and vis/one.png is 48 x 64 (height x width): they must show the same '
         'view and differ by the scale 4; crop or resize ir/one.png to 12 x 16',
         put('ir/one.png', png(24, 32))),
    Case('damaged later in a folder', 'fuse ir vis -o out --task ivf --preset noise',
         'drfuse: cannot decode ir/one.png: the file is corrupt, cut off or no picture',
         cut('ir/one.png')),
    # ---- degradations
    Case('unknown preset', f'{FUSE} --preset fog',
         "drfuse: --preset must be one of noise, blur, composite, got 'fog'"),
    Case('preset and file', f'{GIVEN} --degradation d.yaml',
         'drfuse: --preset and --degradation exclude each other: give one of them'),
    Case('huge noise', f'{FUSE} --a-noise 30',
         'drfuse: noise of source A must be in 0..1, the standard deviation on the [0, 1] scale (8-bit levels '
         '/ 255), got 30.0'),
    Case('negative noise', f'{FUSE} --a-noise=-0.1',
         'drfuse: noise of source A must be in 0..1, the standard deviation on the [0, 1] scale (8-bit levels '
         '/ 255), got -0.1'),
    Case('noise of nan', f'{FUSE} --b-noise nan',
         'drfuse: noise of source B must be in 0..1, the standard deviation on the [0, 1] scale (8-bit levels '
         '/ 255), got nan'),
    Case('unknown blur', f'{FUSE} --a-blur box:3',
         "drfuse: a blur is none, gaussian:SIGMA, motion:LENGTH:ANGLE or defocus:RADIUS, got 'box:3'"),
    Case('blur without its angle', f'{FUSE} --a-blur motion:9',
         "drfuse: a blur is none, gaussian:SIGMA, motion:LENGTH:ANGLE or defocus:RADIUS, got 'motion:9'"),
    Case('negative blur', f'{FUSE} --a-blur gaussian:-1',
         "drfuse: blur 'gaussian:-1': GaussianBlur sigma must be >= 0, got -1.0"),
    Case('blur wider than the picture', f'{GIVEN} --a-blur gaussian:9',
         'drfuse: ir/one.png: the blur reaches over 73 pixels, more than the shorter side of 48 x 64'),
    Case('scale of zero', f'{FUSE} --a-scale 0',
         'drfuse: scale of source A must be an integer in 1..16, got 0'),
    Case('unknown border', f'{GIVEN} --boundary mirror',
         "drfuse: boundary must be one of ('circular', 'reflect', 'zero'), got 'mirror'"),
    Case('file is missing', f'{FUSE} --degradation d.yaml',
         'drfuse: no degradation file d.yaml'),
    Case('file of another kind', f'{FUSE} --degradation tiny.py',
         'drfuse: degradation must be one of noise, blur, composite or a file (.yaml, .yml, .json), got '
         "'tiny.py'"),
    Case('file is no YAML', f'{FUSE} --degradation d.yaml',
         "drfuse: d.yaml, line 2 is not YAML: expected the node content, but found '}'",
         put('d.yaml', b'a: [\nb: }')),
    Case('file names no source', f'{FUSE} --degradation d.yaml',
         "drfuse: degradation names 'infrared'; the sources are a, b, or ir, vis",
         put('d.yaml', b'infrared: []')),
    Case('file with an unknown stage', f'{FUSE} --degradation d.yaml',
         'drfuse: degradation of ir: GausianBlur is not in the drfuse::degradation registry; closest: '
         'GaussianBlur, GaussianNoise, MotionBlur',
         put('d.yaml', b'a: [{type: GausianBlur}]')),
    Case('file with an unknown argument', f'{FUSE} --degradation d.yaml',
         "drfuse: degradation of ir: GaussianNoise has no argument 'std'; allowed are sigma; TypeError: "
         "GaussianNoise.__init__() got an unexpected keyword argument 'std'",
         put('d.yaml', b'a: [{type: GaussianNoise, std: 0.1}]')),
    Case('file with a range', f'{FUSE} --degradation d.yaml',
         'drfuse: degradation of ir: GaussianNoise sigma is drawn from (0.1, 0.2): pass a torch.Generator, or '
         'fix it to one number',
         put('d.yaml', b'a: [{type: GaussianNoise, sigma: [0.1, 0.2]}]')),
    Case('file and option', f'{FUSE} --degradation d.yaml --a-noise 0.1',
         'drfuse: source A is described by a list of stages and by noise: give one of them',
         put('d.yaml', b'a: []\nb: []')),
    # ---- outputs
    Case('output exists', 'fuse ir/one.png vis/one.png -o fused/one.png --task ivf --preset noise',
         'drfuse: fused/one.png exists: --overwrite replaces, --resume leaves out what is finished'),
    Case('outputs exist', 'fuse ir vis -o fused --task ivf --preset noise',
         'drfuse: fused/one.png, fused/two.png exist: --overwrite replaces, --resume leaves out what is '
         'finished'),
    Case('overwrite and resume', f'{GIVEN} --overwrite --resume',
         'drfuse: --overwrite and --resume exclude each other: give one of them'),
    Case('output is a source', 'fuse ir vis -o vis --task ivf --preset noise --overwrite',
         'drfuse: vis/one.png is a source and would be overwritten: choose another output'),
    Case('output of an unknown kind', 'fuse ir/one.png vis/one.png -o out.gif --task ivf',
         'drfuse: out.gif: results are written as .png, .jpg, .jpeg, .bmp, .tif, .tiff, .webp, not .gif'),
    Case('output below a file', 'fuse ir vis -o tiny.py/out --task ivf',
         'drfuse: cannot write to tiny.py/out: tiny.py is a file'),
    Case('output may not be written', 'fuse ir vis -o out --task ivf',
         'drfuse: cannot write to out: no permission in .',
         no_permission),
    Case('16 bits in a JPEG', 'fuse ir/one.png vis/one.png -o out.jpg --task ivf --preset noise',
         'drfuse: out.jpg cannot hold 16 bits: use .png or .tif',
         put('vis/one.png', png(48, 64, dtype='uint16'))),
    Case('disk full', GIVEN,
         'drfuse: cannot write out.png: No space left on device',
         full_disk),
    # ---- models
    Case('unknown model', f'{GIVEN} --model zebra',
         "drfuse: no model and no config is called 'zebra'; 'drfuse models' lists the models"),
    Case('config without weights', f'{GIVEN} --model tiny.py',
         'drfuse: config tiny.py needs weights: name a checkpoint'),
    Case('weights are missing', f'{GIVEN} --model tiny.py --weights none.pth',
         'drfuse: checkpoint none.pth does not exist'),
    Case('weights are damaged', f'{GIVEN} --model tiny.py --weights tiny.pth',
         'drfuse: tiny.pth is not a checkpoint, or it is damaged (RuntimeError)',
         cut('tiny.pth')),
    Case('weights hold code', f'{GIVEN} --model tiny.py --weights evil.pth',
         'drfuse: evil.pth contains code or unsupported objects (posix.mkdir); it was not executed and is '
         'refused',
         lambda root, patch: torch.save(dict(meta=Evil()), root / 'evil.pth')),
    Case('weights of another model', f'{GIVEN} --model tiny.py --weights other.pth',
         'drfuse: other.pth does not fit DRFusion: missing backbone.time_embedding.mlp.0.weight; missing '
         'backbone.time_embedding.mlp.0.bias; missing backbone.time_embedding.mlp.2.weight; and 177 more',
         lambda root, patch: torch.save(dict(state_dict={'a': torch.zeros(2)}), root / 'other.pth')),
    Case('no list of models', 'models --folder ir',
         'drfuse: no list of models ir/metafile.yml'),
    Case('list of models is damaged', 'models --folder .',
         'drfuse: metafile.yml needs a list Models',
         put('metafile.yml', b'Models: 3')),
    Case('model in the list without hash', 'models --verify --folder .',
         'drfuse: metafile.yml: a model lacks SHA256, Task, Modalities, Summary; needed are Name, Config, '
         'Weights, SHA256, Task, Modalities, Summary',
         put('metafile.yml', b'Models: [{Name: x, Config: c, Weights: w}]')),
    # ---- report
    Case('report is no page', f'{GIVEN} --report page.txt', 'drfuse: --report page.txt: a page is .html or .htm'),
    Case('report exists', f'{GIVEN} --report page.html',
         'drfuse: page.html exists: --overwrite replaces, --resume leaves out what is finished',
         put('page.html', b'x')),
    Case('one report for several pairs', f'{FOLDERS} --report page.html',
         'drfuse: --report page.html: several pairs need a folder, which gets a page for each'),
    Case('one clean picture', f'{GIVEN} --report page.html --clean-a ir/one.png',
         'drfuse: --clean-a and --clean-b belong together: give both'),
    Case('clean pictures for nothing', f'{GIVEN} --clean-a ir/one.png --clean-b vis/one.png',
         'drfuse: --clean-a and --clean-b are for --report: give it as well'),
    Case('clean picture of another size', f'{GIVEN} --report page.html --clean-a ir/two.png --clean-b vis/two.png',
         'drfuse: clean pictures have the size of the fused one, 48 x 64 (height x width), but ir/two.png is 40 x 50',
         put('ir/two.png', png(40, 50))),
    # ---- degrade
    Case('no degradation named', DEGRADE,
         'drfuse: no degradation is named: give --preset, --degradation or parts such as --a-noise'),
    Case('degrade a file', 'degrade ir/one.png vis/one.png -o out --preset noise',
         'drfuse: ir/one.png is no folder: name folders of clean pictures'),
    Case('degrade a missing folder', 'degrade ir none -o out --preset noise',
         'drfuse: none does not exist: name folders of clean pictures'),
    Case('degraded folder exists', 'degrade ir vis -o fused --preset noise',
         'drfuse: fused exists: choose another folder, or --overwrite'),
    Case('degraded folder is not its own', 'degrade ir vis -o fused --preset noise --overwrite',
         'drfuse: fused has no degradations.json, so it was not written here and is not replaced'),
    Case('degrade a damaged picture', f'{DEGRADE} --preset noise',
         'drfuse: cannot decode vis/one.png: the file is corrupt, cut off or no image',
         cut('vis/one.png')),
    Case('degrade without partner', f'{DEGRADE} --preset noise',
         'drfuse: file names do not match: 1 of ir without a partner in vis: three',
         put('ir/three.png', png(48, 64))),
    Case('degrade pairs of two sizes', f'{DEGRADE} --preset noise',
         'drfuse: the images of a pair must have the same height x width: ir/one.png is 40 x 50, vis/one.png '
         'is 48 x 64',
         put('ir/one.png', png(40, 50))),
    Case('degrade with huge noise', f'{DEGRADE} --a-noise 30',
         'drfuse: noise of source A must be in 0..1, the standard deviation on the [0, 1] scale (8-bit levels '
         '/ 255), got 30.0'),
    Case('disk full while degrading', f'{DEGRADE} --preset noise',
         'drfuse: cannot write out: No space left on device',
         full_disk_for_images),
    # ---- evaluate
    Case('evaluate one source', 'evaluate --fused fused --sources ir --metrics EN',
         'error: --sources takes two folders, got 1'),
    Case('unknown reference', f'{EVALUATE} --against noisy',
         "error: --against must be one of clean, observed, got 'noisy'"),
    Case('evaluate a missing folder', 'evaluate --fused none --sources ir vis --metrics EN',
         'error: no folder none'),
    Case('evaluate a damaged picture', EVALUATE,
         'error: cannot decode fused/one.png: the file is corrupt, cut off or no image',
         cut('fused/one.png')),
    Case('evaluate other sizes', EVALUATE,
         'error: ir/one.png is 48 x 64 but fused/one.png is 40 x 50',
         put('fused/one.png', png(40, 50))),
    Case('unknown variant', f'{EVALUATE} --variant matlab',
         "error: --variant must be one of yuliu, zliu, got 'matlab'"),
    Case('evaluate option unknown', f'{EVALUATE} --zoom',
         'error: No such option: --zoom; --help lists the options'),
]
