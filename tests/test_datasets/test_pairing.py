import pytest

from drfuse.datasets.pairing import list_images, match_stems, read_csv, read_list


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_lists_images_by_stem_and_passes_over_the_rest(tmp_path):
    folder = touch(tmp_path / 'd', 'b.PNG', 'a.jpg', '.hidden.png', 'Thumbs.db', 'notes.txt')
    (folder / 'sub.png').mkdir()
    assert list(list_images(folder)) == ['a', 'b']


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match='no folder .*nowhere'):
        list_images(tmp_path / 'nowhere')
    with pytest.raises(ValueError, match=r'no images in .*empty; allowed are \.png, \.jpg'):
        list_images(touch(tmp_path / 'empty', 'x.txt'))


def test_two_images_of_one_stem(tmp_path):
    with pytest.raises(ValueError, match=r"two images of the stem 'a': a.jpg and a.png"):
        list_images(touch(tmp_path, 'a.png', 'a.jpg'))


def test_images_of_another_kind(tmp_path):
    with pytest.raises(ValueError, match=r'images of another kind: a.jpg; allowed are \.png'):
        list_images(touch(tmp_path, 'a.jpg', 'b.png'), ('.png',))


def test_matching_names_both_directions():
    tables = {'ir': dict(a='', b='', c='', d='', e=''), 'vi': dict(e='', f='')}
    with pytest.raises(ValueError, match='4 of ir without a partner in vi: a, b, c and 1 more; '
                                         '1 of vi without a partner in ir: f'):
        match_stems(tables)
    assert match_stems({'ir': dict(a='', b=''), 'vi': dict(b='', a=''), 'nir': dict(a='', b='')}) == ['a', 'b']


def test_list_of_names_or_stems_keeps_its_order(tmp_path):
    tables = {'ir': {'a': '', 'b': '', 'c.1': ''}, 'vi': {'a': '', 'c.1': '', 'b': ''}}
    (tmp_path / 'l.txt').write_text('b.png\n\nc.1\na.jpg\n')
    assert read_list(tmp_path / 'l.txt', tables) == ['b', 'c.1', 'a']


@pytest.mark.parametrize(('text', 'message'), [
    ('a\nx\ny\n', '2 entries of .*l.txt are not in ir: x, y'),
    ('a\nb\n', '1 entries of .*l.txt are not in vi: b'),
    ('a\na.png\n', 'l.txt names a stem twice: a'),
    ('\n', 'l.txt names no images'),
])
def test_list_errors(tmp_path, text, message):
    (tmp_path / 'l.txt').write_text(text)
    with pytest.raises(ValueError, match=message):
        read_list(tmp_path / 'l.txt', {'ir': dict(a='', b=''), 'vi': dict(a='')})


def test_missing_list(tmp_path):
    with pytest.raises(FileNotFoundError, match='no list file .*gone.txt'):
        read_list(tmp_path / 'gone.txt', {'ir': {}})


def test_csv(tmp_path):
    touch(tmp_path / 'x', '1.png', '2.png')
    touch(tmp_path / 'y', 'one.png', 'two.png')
    (tmp_path / 'l.csv').write_text('vis,ir\ny/two.png,x/2.png\ny/one.png,x/1.png\n')
    tables = read_csv(tmp_path / 'l.csv', ('ir', 'vis'), tmp_path)
    assert list(tables['ir']) == list(tables['vis']) == ['2', '1']
    assert tables['vis']['2'] == str(tmp_path / 'y/two.png')
    (tmp_path / 'l.csv').write_text('stem,vis,ir\nfirst,y/two.png,x/2.png\n')
    assert list(read_csv(tmp_path / 'l.csv', ('ir', 'vis'), tmp_path)['ir']) == ['first']


@pytest.mark.parametrize(('text', 'message'), [
    ('ir,nir\na,b\n', r"columns \['ir', 'nir'\]; needed are \['ir', 'vis'\]"),
    ('ir,vis\nx/1.png,\n', r"line 2: every one of \['ir', 'vis'\] needs a path"),
    ('ir,vis\n', 'l.csv names no images'),
    ('ir,vis\nx/1.png,x/1.png\nx/1.png,x/1.png\n', 'l.csv names a stem twice: 1'),
])
def test_csv_errors(tmp_path, text, message):
    touch(tmp_path / 'x', '1.png')
    (tmp_path / 'l.csv').write_text(text)
    with pytest.raises(ValueError, match=message):
        read_csv(tmp_path / 'l.csv', ('ir', 'vis'), tmp_path)


def test_csv_with_a_file_that_is_gone(tmp_path):
    (tmp_path / 'l.csv').write_text('ir,vis\nx/1.png,x/1.png\n')
    with pytest.raises(FileNotFoundError, match='l.csv, line 2: no image file .*1.png'):
        read_csv(tmp_path / 'l.csv', ('ir', 'vis'), tmp_path)
