from drfuse.evaluation.study.kept import keep, kept


def test_a_result_is_known_by_its_key(tmp_path):
    file = tmp_path / 'deep' / 'note.json'
    assert kept(file, 'a') is None
    assert keep(file, 'a', dict(x=1.5)) == kept(file, 'a') == dict(x=1.5)
    assert kept(file, 'b') is None
    file.write_text('{"key": "a"')
    assert kept(file, 'a') is None
