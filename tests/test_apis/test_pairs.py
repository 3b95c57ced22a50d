"""Pictures, folders, lists and batches find their partners."""

import numpy as np
import pytest
import torch

from drfuse.apis.pairs import match_sources
from drfuse.utils.config import UserError


def test_folders_are_matched_by_stem(files):
    sources = match_sources(files / 'ir', str(files / 'vis'))
    assert [pair.name for pair in sources.pairs] == ['one', 'two'] and not sources.single
    assert sources.pairs[0].b == str(files / 'vis' / 'one.png')


def test_single_list_and_batch(files):
    (pair,), single = match_sources('a.png', files / 'vis' / 'one.png')
    assert single and pair.name == 'one'
    assert [p.name for p in match_sources(['a', 'b'], ['c.png', 'd.png']).pairs] == ['c', 'd']
    pairs = match_sources(np.zeros((2, 20, 20, 3)), torch.zeros(2, 1, 20, 20)).pairs
    assert [p.name for p in pairs] == ['0', '1'] and pairs[0].a.shape == (20, 20, 3)


@pytest.mark.parametrize(('a', 'b', 'message'), [
    (['x'], 'y', 'must be of one kind'), (['x'], ['y', 'z'], 'same number of pictures, at least one, got 1 and 2'),
    ([], [], 'got 0 and 0'), ('ir', 'vis/one.png', 'ir is a folder, .*one.png is not'), ('ir', 'ir', 'the same folder'),
    ('ir', 'empty', 'no images in'), ('', 'vis', 'the name of a source is empty'),
    ('ir/one.png', './ir/one.png', 'A and B are the same file ir/one.png')])
def test_what_does_not_match(files, monkeypatch, a, b, message):
    monkeypatch.chdir(files)
    (files / 'empty').mkdir()
    with pytest.raises(UserError, match=message):
        match_sources(a, b)


def test_missing_and_lone_files(files):
    with pytest.raises(FileNotFoundError, match='no file or folder'):
        match_sources(files / 'ir', files / 'none')
    (files / 'vis' / 'two.png').rename(files / 'vis' / 'three.png')
    with pytest.raises(UserError, match='without a partner'):
        match_sources(files / 'ir', files / 'vis')
