import pytest

from drfuse.datasets.arrange import arrange, find_folder


@pytest.fixture
def source(tmp_path):
    for folder, suffix in (('Set/IR', 'png'), ('Set/Vis', 'jpg')):
        (tmp_path / folder).mkdir(parents=True)
        for i in range(5):
            (tmp_path / folder / f'{i}.{suffix}').write_text(f'{folder}{i}')
    return tmp_path


def test_finds_a_folder_whatever_its_case(source):
    assert find_folder(source, 'set/ir') == source / 'Set/IR'
    with pytest.raises(FileNotFoundError, match=r"no folder nir in .*Set; there are \['IR', 'Vis'\]"):
        find_folder(source, 'set/nir')


@pytest.mark.parametrize('copy', [True, False])
def test_arranges_splits(source, copy):
    folders = {'ir': source / 'Set/IR', 'vi': source / 'Set/Vis'}
    counts = arrange({'train': folders, 'test': folders}, source / 'out', copy,
                     keep=lambda split, position: (position == 2) == (split == 'test'))
    assert counts == {'train': 4, 'test': 1}
    file = source / 'out/test/vi/2.jpg'
    assert file.read_text() == 'Set/Vis2'
    assert file.is_symlink() is not copy


def test_writes_nothing_where_pairs_are_incomplete_or_something_is_there(source):
    folders = {'ir': source / 'Set/IR', 'vi': source / 'Set/Vis'}
    (source / 'Set/Vis/4.jpg').unlink()
    with pytest.raises(ValueError, match='1 of .*IR without a partner in .*Vis: 4'):
        arrange({'train': folders}, source / 'out')
    assert not (source / 'out').exists()
    (source / 'out/train').mkdir(parents=True)
    (source / 'Set/IR/4.png').unlink()
    with pytest.raises(FileExistsError, match='train exists: remove it'):
        arrange({'train': folders}, source / 'out')
