import hashlib
import io
import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from drfuse.utils.checkpoint import (
    CheckpointError,
    file_sha256,
    find_last_checkpoint,
    load_checkpoint,
    model_weights,
    plain,
    read_checkpoint,
    save_atomic,
    write_atomic,
)


class Evil:
    def __init__(self, path, function=os.mkdir):
        self.path, self.function = path, function

    def __reduce__(self):
        return self.function, (str(self.path),)


def evil_old_format(path, target):
    torch.save(dict(a=Evil(target)), path, _use_new_zipfile_serialization=False)


def evil_zip(path, target):
    torch.save(dict(state_dict=nn.Linear(1, 1).state_dict(), meta=Evil(target)), path)


def evil_bare_pickle(path, target):
    path.write_bytes(pickle.dumps(Evil(target)))


def evil_getattr(path, target):
    class Getter:
        def __reduce__(self):
            return getattr, (Path, 'mkdir')
    torch.save(dict(meta=Getter()), path)


@pytest.mark.parametrize('write', [evil_old_format, evil_zip, evil_bare_pickle, evil_getattr])
def test_code_is_refused_and_not_run(tmp_path, write):
    path, target = tmp_path / 'evil.pth', tmp_path / 'ran'
    write(path, target)
    for read in (read_checkpoint, lambda p: load_checkpoint(nn.Linear(1, 1), p)):
        with pytest.raises(CheckpointError) as info:
            read(path)
        text = str(info.value)
        assert text.startswith(f'{path} contains code or unsupported objects')
        assert 'it was not executed' in text
        assert '\n' not in text
    assert not target.exists()


def test_the_evil_files_would_run_without_protection(tmp_path):
    """Otherwise the test above proves nothing."""
    evil_zip(tmp_path / 'evil.pth', tmp_path / 'ran')
    torch.load(tmp_path / 'evil.pth', weights_only=False)
    assert (tmp_path / 'ran').is_dir()


@pytest.mark.parametrize('content', [b'', b'not a checkpoint', b'PK\x03\x04broken', pickle.dumps([1, 2]), b'\x80\x02'])
def test_other_files_are_no_checkpoints(tmp_path, content):
    path = tmp_path / 'x.pth'
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match='is not a checkpoint') as info:
        read_checkpoint(path)
    assert '\n' not in str(info.value)


def test_truncated_and_foreign_archives(tmp_path):
    save_atomic(nn.Linear(50, 50).state_dict(), tmp_path / 'a.pth')
    (tmp_path / 'cut.pth').write_bytes((tmp_path / 'a.pth').read_bytes()[:4000])
    with zipfile.ZipFile(tmp_path / 'zip.pth', 'w') as archive:
        archive.writestr('readme.txt', 'x')
    for name in ('cut.pth', 'zip.pth'):
        with pytest.raises(CheckpointError, match='is not a checkpoint'):
            read_checkpoint(tmp_path / name)
    with pytest.raises(CheckpointError, match=r'none\.pth does not exist'):
        read_checkpoint(tmp_path / 'none.pth')
    torch.save([1, 2], tmp_path / 'list.pth')
    with pytest.raises(CheckpointError, match='holds a list'):
        read_checkpoint(tmp_path / 'list.pth')


def test_weights_of_all_layouts_are_loaded(tmp_path):
    source = nn.Linear(3, 2)
    state = source.state_dict()
    for i, content in enumerate((state, dict(state_dict=state, meta={}),
                                 OrderedDict((f'module.{k}', v) for k, v in state.items()))):
        torch.save(content, tmp_path / f'{i}.pth')
        target = nn.Linear(3, 2)
        load_checkpoint(target, tmp_path / f'{i}.pth')
        assert torch.equal(target.weight, source.weight)
    assert set(model_weights(dict(state_dict=state))) == {'weight', 'bias'}


def test_mismatch_is_one_line(tmp_path):
    torch.save(dict(weight=torch.zeros(2, 5), extra=torch.zeros(1)), tmp_path / 'x.pth')
    model = nn.Linear(3, 2)
    before = model.weight.detach().clone()
    with pytest.raises(CheckpointError) as info:
        load_checkpoint(model, tmp_path / 'x.pth')
    assert str(info.value) == (f'{tmp_path}/x.pth does not fit Linear: missing bias; unexpected extra; '
                               'weight is (2, 5), needs (2, 3)')
    assert torch.equal(model.weight, before)
    with pytest.raises(CheckpointError, match='does not fit'):  # nothing at all fits
        load_checkpoint(model, tmp_path / 'x.pth', strict=False)


def test_partial_loading_on_request(tmp_path):
    torch.save(dict(weight=torch.ones(2, 3), extra=torch.zeros(1)), tmp_path / 'x.pth')
    model = nn.Linear(3, 2)
    load_checkpoint(model, tmp_path / 'x.pth', strict=False)
    assert torch.equal(model.weight, torch.ones(2, 3))


def test_failed_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / 'a.pth'
    save_atomic(dict(a=1), path)
    with pytest.raises(Exception, match='pickle'):
        save_atomic(dict(a=lambda: 1), path)
    assert read_checkpoint(path) == dict(a=1)
    write_atomic('text', tmp_path / 'b')
    assert (tmp_path / 'b').read_text() == 'text'
    assert sorted(p.name for p in tmp_path.iterdir()) == ['a.pth', 'b']


def test_last_checkpoint_is_found_also_after_moving(tmp_path):
    work = tmp_path / 'work'
    work.mkdir()
    assert find_last_checkpoint(work) is None
    (work / 'iter_3.pth').touch()
    (work / 'last_checkpoint').write_text(str(work / 'iter_3.pth'))
    assert find_last_checkpoint(work) == work / 'iter_3.pth'
    moved = work.rename(tmp_path / 'moved')
    assert find_last_checkpoint(moved) == moved / 'iter_3.pth'
    (moved / 'iter_3.pth').unlink()
    with pytest.raises(CheckpointError, match='which does not exist'):
        find_last_checkpoint(moved)


def test_sha256(tmp_path):
    (tmp_path / 'x').write_bytes(b'abc' * 1_000_000)
    assert file_sha256(tmp_path / 'x') == hashlib.sha256(b'abc' * 1_000_000).hexdigest()


def test_plain_values_can_be_read_safely():
    value = dict(a=np.float32(0.5), b=np.arange(3), c=(np.int64(1), [np.bool_(True)]), d=Path('x'), e={1, 2},
                 f=np.array(['p', 'q']), g=None, h=torch.ones(2), i=np.str_('s'))
    file = io.BytesIO()
    torch.save(plain(value), file)
    file.seek(0)
    loaded = torch.load(file, weights_only=True)
    assert loaded['c'] == (1, [True])
    assert (loaded['a'], loaded['d'], sorted(loaded['e']), loaded['f']) == (0.5, 'x', [1, 2], ['p', 'q'])
    assert loaded['b'].tolist() == [0, 1, 2]
