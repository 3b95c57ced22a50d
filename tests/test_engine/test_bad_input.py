"""Bad input through the programs: one line that names the value and what is allowed, exit code 2, and no result."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
import torch

from drfuse.engine import test_app, train_app

from .damage import cut, each, note, set_tiff_channels, store

REPO = Path(__file__).resolve().parents[2]
CONFIG = f"""
_base_ = {str(REPO / 'configs' / 'demo' / 'ivf_demo.py')!r}
stages = [dict(type='GaussianBlur', sigma=1.0, kernel_size=3), dict(type='GaussianNoise', sigma=0.05)]
files = dict(data_root='ROOT', data_prefix=dict(ir='{{split}}/ir', vis='{{split}}/vis'), ann_file='', indices=None,
             degradations=dict(ir=stages, vis=stages))
train_dataloader = dict(batch_size=2, dataset=dict(**files, crop_size=16, embedded=None))
val_dataloader = dict(dataset=dict(**files, embedded=None))
test_dataloader = val_dataloader
model = dict(backbone=dict(base_channels=8, norm_groups=4))
train_cfg = dict(max_iters=1, val_interval=1)
val_evaluator = [dict(type='PSNR')]
test_evaluator = [dict(type='PSNR')]
visualizer = dict(vis_backends=[dict(type='LocalVisBackend')])
del stages, files
"""
COUNT = 2
TRAIN = 'train_dataloader.dataset'


class Case(NamedTuple):
    """A mistake: arguments, what the one line must contain, damage to the files, lines added to the config."""

    name: str
    message: str
    arguments: tuple = ()
    damage: Callable | None = None
    config: str = ''


def option(name: str, setting: str, message: str) -> Case:
    return Case(name, message, ('--cfg-options', setting))


def config(name: str, text: str, message: str) -> Case:
    return Case(name, message, config=text)


TRAIN_CASES = [
    # the command line
    Case('unknown option', 'unrecognized arguments: --foo; --help', ('--foo',)),
    Case('seed is no number', "argument --seed: invalid int value: 'abc'", ('--seed', 'abc')),
    Case('seed out of range', '--seed must be in 0..4294967295, got -1', ('--seed=-1',)),
    Case('launcher unknown', "invalid choice: 'foo' (choose from", ('--launcher', 'foo')),
    Case('option without value', "--cfg-options takes KEY=VALUE items, got 'abc'", ('--cfg-options', 'abc')),
    option('option key unknown', 'model.backbone.base_chanels=3', 'closest key: model.backbone.base_channels'),
    option('text for a number', 'optim_wrapper.optimizer.lr=abc', "lr is 0.002 in {config}, got the text 'abc'"),
    option('text for a list', f'{TRAIN}.degradations.ir=abc', "got the text 'abc'"),
    Case('work dir is a file', 'work dir {root}/file cannot be written to', ('--work-dir', '{root}/file'),
         note('file', b'')),
    Case('work dir in a file', 'work dir {root}/file/run cannot be written to', ('--work-dir', '{root}/file/run'),
         note('file', b'')),
    # the data
    Case('data root missing', 'no folder {root}/none/train/ir', ('--data-root', '{root}/none')),
    option('data root missing by option', f'{TRAIN}.data_root=/nowhere', 'no folder /nowhere/train/ir'),
    Case('folder empty', 'no images in {root}/train/vis; allowed are .png', damage=each('train/vis', Path.unlink)),
    Case('pair unmatched', 'without a partner in {root}/train/vis: lone',
         damage=lambda root: shutil.copy(root / 'train/ir/0.png', root / 'train/ir/lone.png')),
    Case('split missing', 'no folder {root}/test/ir', damage=lambda root: shutil.rmtree(root / 'test')),
    Case('sizes disagree', 'must have the same height x width: {root}/train/ir/',
         damage=each('train/vis', store('.png', (20, 24)))),
    Case('file cut off', 'png: the file is corrupt, cut off or no image', damage=each('train/vis', cut)),
    Case('file empty', 'png: the file is corrupt, cut off or no image',
         damage=each('train/vis', lambda path: path.write_bytes(b''))),
    Case('file corrupt in a worker', 'the file is corrupt, cut off or no image',
         ('--cfg-options', 'train_dataloader.num_workers=1'), each('train/vis', cut)),
    Case('file corrupt in validation', 'cannot decode {root}/test/ir/0.png', damage=each('test/ir', cut)),
    Case('two channels', 'tif has 2 channels; allowed are 1', damage=each('train/vis', set_tiff_channels(2))),
    Case('five channels', 'tif has 5 channels; allowed are 1', damage=each('train/vis', set_tiff_channels(5))),
    Case('floats beyond 1', 'tif holds floats from 84 to 84; allowed is [0, 1]',
         damage=each('train/vis', store('.tif', (24, 24), 'float32', 84))),
    Case('not a number', 'tif holds floats from nan to nan', damage=each('train/vis', store('.tif', (24, 24), 'float32',
                                                                                            float('nan')))),
    Case('32-bit integers', 'tif has pixel type int32; allowed are', damage=each('train/vis', store('.tif', (24, 24),
                                                                                                    'int32'))),
    Case('sizes of a batch differ', 'cannot batch observations of different shapes',
         ('--cfg-options', f'{TRAIN}.crop_size=None', 'train_dataloader.sampler.shuffle=False'),
         lambda root: [store('.png', (20, 24))(root / 'train' / name / '0.png') for name in ('ir', 'vis')]),
    Case('csv without a column', "a.csv has the columns ['ir']; needed are ['ir', 'vis']",
         ('--cfg-options', f'{TRAIN}.ann_file=a.csv'), note('a.csv', b'ir\ntrain/ir/0.png\n')),
    Case('csv without rows', 'a.csv names no images', ('--cfg-options', f'{TRAIN}.ann_file=a.csv'),
         note('a.csv', b'ir,vis\n')),
    Case('csv with a short row', 'a.csv, line 2: every one of', ('--cfg-options', f'{TRAIN}.ann_file=a.csv'),
         note('a.csv', b'ir,vis\ntrain/ir/0.png\n')),
    Case('csv with a long row', 'a.csv, line 2: 3 cells for 2 columns', ('--cfg-options', f'{TRAIN}.ann_file=a.csv'),
         note('a.csv', b'ir,vis\ntrain/ir/0.png,train/vis/0.png,more\n')),
    Case('csv names no file', 'line 2: no image file {root}/train/vis/9.png',
         ('--cfg-options', f'{TRAIN}.ann_file=a.csv'), note('a.csv', b'ir,vis\ntrain/ir/0.png,train/vis/9.png\n')),
    Case('list is no text', '{root}/a.txt is not UTF-8 text', ('--cfg-options', f'{TRAIN}.ann_file=a.txt'),
         note('a.txt', b'\xff\xfe\x00\x81')),
    Case('list names no pair', '1 entries of {root}/a.txt are not in', ('--cfg-options', f'{TRAIN}.ann_file=a.txt'),
         note('a.txt', b'0\nnine\n')),
    option('position beyond the pairs', f'{TRAIN}.indices=[7]', 'indices must be a number of pairs >= 1 or positions'),
    option('no pairs wanted', f'{TRAIN}.indices=0', 'indices must be a number of pairs >= 1'),
    # the config
    config('syntax', 'a = (', "SyntaxError: '(' was never closed"),
    config('exit in a config', 'import sys; sys.exit(0)', 'SystemExit: 0'),
    config('model type', "model = dict(type='Foo')", 'Foo is not in the drfuse::model registry; closest: '),
    config('backbone key', 'model = dict(backbone=dict(foo=1))',
           "DualDecoderUNet has no argument 'foo'; allowed are num_sources, base_channels"),
    config('dataset key', 'train_dataloader = dict(dataset=dict(foo=1))', "PairedFusionDataset has no argument 'foo'"),
    config('hook key', "custom_hooks = [dict(type='InterruptHook', foo=1)]", "InterruptHook has no argument 'foo'"),
    config('argument of a wrong type', "model = dict(sampler=dict(num_steps='abc'))", "num_steps='abc'"),
    option('dataset type', f'{TRAIN}.type=Foo', 'Foo is not in the drfuse::dataset registry; closest: '),
    option('stage type', f'{TRAIN}.degradations.ir.0.type=GausianBlur', 'closest: GaussianBlur'),
    option('hook type', 'custom_hooks.0.type=Foo', 'Foo is not in the drfuse::hook registry'),
    option('negative noise', f'{TRAIN}.degradations.ir.1.sigma=-1', 'GaussianNoise sigma must be >= 0, got -1'),
    option('noise of nan', f'{TRAIN}.degradations.ir.1.sigma=nan', 'GaussianNoise sigma must be >= 0, got nan'),
    option('range upside down', f'{TRAIN}.degradations.ir.1.sigma=[.2,.1]', 'low <= high, got [0.2, 0.1]'),
    option('range of three', f'{TRAIN}.degradations.ir.0.sigma=[1,2,3]', 'GaussianBlur sigma must be a number or'),
    config('sigma is a text', "train_dataloader = dict(dataset=dict(degradations=dict(ir=[dict(type='GaussianNoise', "
           "sigma='abc')])))", "GaussianNoise sigma must be a number or (low, high) with low <= high, got 'abc'"),
    option('even kernel', f'{TRAIN}.degradations.ir.0.kernel_size=4', 'kernel_size must be odd and >= 1, got 4'),
    option('kernel not whole', f'{TRAIN}.degradations.ir.0.kernel_size=3.5', 'must be odd and >= 1, got 3.5'),
    option('sources differ', 'model.backbone.num_sources=3', "num_sources=3, got 2 modalities ('ir', 'vis')"),
    option('no iterations', 'train_cfg.max_iters=0', 'max_iters must be an integer >= 1, got 0'),
    option('never validate', 'train_cfg.val_interval=0', 'val_interval must be an integer >= 1, got 0'),
]


@pytest.fixture(scope='module')
def prepared(tmp_path_factory) -> Path:
    """Return a folder of complete pairs."""
    root = tmp_path_factory.mktemp('pairs')
    for split in ('train', 'test'):
        for name in ('ir', 'vis'):
            (root / split / name).mkdir(parents=True)
            for i in range(COUNT):
                cv2.imwrite(str(root / split / name / f'{i}.png'), np.full((24, 24, 3), 60 * i + 20, np.uint8))
    return root


@pytest.fixture
def root(prepared, tmp_path) -> Path:
    """Return a copy that may be damaged."""
    return Path(shutil.copytree(prepared, tmp_path / 'data'))


@pytest.fixture
def run(root, tmp_path, capsys):
    """Run a program on a config; return exit code and standard error."""
    def start(program, *arguments, lines=''):
        path = tmp_path / 'bad.py'
        path.write_text(CONFIG.replace('ROOT', str(root)) + lines + '\n')
        names = dict(root=root, config=path, work=tmp_path / 'work')
        work = () if '--work-dir' in arguments else ('--work-dir', '{work}')
        code = program.main([str(item).format(**names) for item in (path, *arguments, *work)])
        return code, capsys.readouterr().err, names
    return start


@pytest.mark.parametrize('case', TRAIN_CASES, ids=lambda case: case.name)
def test_training_refuses_in_one_line(run, root, tmp_path, case):
    if case.damage:
        case.damage(root)
    code, error, names = run(train_app, *case.arguments, lines=case.config)
    assert code == 2
    assert error.count('\n') == 1
    assert case.message.format(**names) in error
    assert list(tmp_path.rglob('*.pth')) == [] or case.name == 'file corrupt in validation'


def test_good_input_of_every_kind_trains(run, root):
    """16 bits, alpha, floats and odd sizes are no mistakes."""
    each('train/ir', store('.png', (25, 27), 'uint16', 40000))(root)
    each('train/vis', store('.png', (25, 27, 4), 'uint8', 90))(root)
    each('test/ir', store('.tif', (25, 27), 'float32', 0.5))(root)
    each('test/vis', store('.png', (25, 27), 'uint8', 90))(root)
    assert run(train_app)[:2] == (0, '')


@pytest.fixture(scope='module')
def checkpoint(prepared, tmp_path_factory) -> Path:
    """Return a trained checkpoint."""
    folder = tmp_path_factory.mktemp('good')
    (folder / 'good.py').write_text(CONFIG.replace('ROOT', str(prepared)))
    assert train_app.main([str(folder / 'good.py'), '--work-dir', str(folder)]) == 0
    return folder / 'iter_1.pth'


class Evil:
    def __reduce__(self):
        return os.mkdir, ('ran',)


def altered(**changes) -> Callable[[Path, Path], None]:
    """Return what writes a copy of a checkpoint with other parts; None leaves a part out."""
    def write(good: Path, bad: Path) -> None:
        content = {**torch.load(good, weights_only=True), **changes}
        torch.save({k: v for k, v in content.items() if v is not None}, bad)
    return write


BAD_FILES = {
    'missing': (lambda good, bad: None, 'bad.pth does not exist'),
    'folder': (lambda good, bad: bad.mkdir(), 'bad.pth is a folder, not a checkpoint file'),
    'cut off': (lambda good, bad: bad.write_bytes(good.read_bytes()[:-999]), 'bad.pth is not a checkpoint, or it is'),
    'text': (lambda good, bad: bad.write_text('hello'), 'bad.pth is not a checkpoint, or it is damaged'),
    'code': (altered(meta=Evil()), 'bad.pth contains code or unsupported objects'),
    'list': (lambda good, bad: torch.save([1], bad), 'it holds a list, not a dictionary'),
    'weights are a number': (altered(state_dict=5), 'bad.pth is not a checkpoint: its state_dict is a int'),
    'meta is a number': (altered(meta=5), 'bad.pth is not a checkpoint: its meta is a int'),
    'another model': (altered(state_dict={'a': torch.zeros(2)}), 'bad.pth does not fit DRFusion: missing'),
}
RESUME_FILES = {name: BAD_FILES[name] for name in ('missing', 'code', 'cut off')} | {
    'no optimizer': (altered(optimizer=None), 'bad.pth holds weights only and cannot be resumed'),
    'optimizer damaged': (altered(optimizer=dict(a=1)), 'bad.pth cannot be resumed'),
    'message hub damaged': (altered(message_hub=3), 'bad.pth cannot be resumed'),
    'meta empty': (altered(meta={}), 'bad.pth cannot be resumed'),
    'random state damaged': (altered(rng=['x']), 'bad.pth cannot be resumed'),
}


@pytest.mark.parametrize('name', RESUME_FILES)
def test_resume_refuses_a_bad_checkpoint(run, checkpoint, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write, message = RESUME_FILES[name]
    write(checkpoint, tmp_path / 'bad.pth')
    code, error, _ = run(train_app, '--resume', tmp_path / 'bad.pth', '--cfg-options', 'train_cfg.max_iters=2',
                         'custom_hooks.0.check_root=False')
    assert (code, error.count('\n')) == (2, 1)
    assert message in error
    assert not (tmp_path / 'ran').exists()
    assert list((tmp_path / 'work').rglob('*.pth')) == []


@pytest.mark.parametrize('name', BAD_FILES)
def test_testing_refuses_a_bad_checkpoint(run, checkpoint, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write, message = BAD_FILES[name]
    write(checkpoint, tmp_path / 'bad.pth')
    code, error, _ = run(test_app, tmp_path / 'bad.pth')
    assert (code, error.count('\n')) == (2, 1)
    assert message in error
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('case', [
    Case('checkpoint missing', 'parameters: name a checkpoint'),
    Case('file corrupt', 'cannot decode {root}/test/ir/0.png', ('{checkpoint}',), each('test/ir', cut)),
    Case('data root missing', 'no folder {root}/none/test/ir', ('{checkpoint}', '--data-root', '{root}/none')),
    Case('out is no json', '--out must end in .json, got {root}/x.txt', ('{checkpoint}', '--out', '{root}/x.txt')),
    Case('out in a file', '--out folder {root}/file cannot be written to',
         ('{checkpoint}', '--out', '{root}/file/x.json'), note('file', b'')),
    Case('show dir is a file', '--show-dir {root}/file cannot be written to',
         ('{checkpoint}', '--show-dir', '{root}/file'), note('file', b'')),
    Case('work dir is a file', 'work dir {root}/file cannot be written to',
         ('{checkpoint}', '--work-dir', '{root}/file'), note('file', b'')),
], ids=lambda case: case.name)
def test_testing_refuses_in_one_line(run, root, checkpoint, tmp_path, case):
    if case.damage:
        case.damage(root)
    (tmp_path / 'work').mkdir()
    (tmp_path / 'work' / 'metrics.json').write_text('kept')
    arguments = [item.replace('{checkpoint}', str(checkpoint)) for item in case.arguments]
    code, error, names = run(test_app, *arguments)
    assert (code, error.count('\n')) == (2, 1)
    assert case.message.format(**names) in error
    assert (tmp_path / 'work' / 'metrics.json').read_text() == 'kept'


def test_config_problems_of_the_command_line(tmp_path, capsys):
    for name, message in (('', 'is a folder, not a config file'), ('none.py', 'none.py does not exist')):
        assert train_app.main([str(tmp_path / name)]) == 2
        assert message in capsys.readouterr().err


def test_undefined_values_are_counted_not_fatal(run, checkpoint, tmp_path):
    weights = torch.load(checkpoint, weights_only=True)['state_dict']
    altered(state_dict={k: v * float('nan') if v.is_floating_point() else v for k, v in weights.items()})(
        checkpoint, tmp_path / 'nan.pth')
    assert run(test_app, tmp_path / 'nan.pth')[:2] == (0, '')
