import numpy as np
import pytest

from drfuse.evaluation.folders import match_folders, match_sources
from drfuse.utils.config import UserError
from drfuse.visualization.image_writer import write_png


def folder(path, *names):
    for name in names:
        write_png(path / name, np.zeros((4, 4), np.uint8))
    return path


def owners(matches):
    return {triple.stem: triple.fused.name for triple in matches.triples}


@pytest.mark.parametrize(('sources', 'fused', 'expected'), [
    (['1.png', '2.png'], ['1.png', '2.png'], {'1': '1.png', '2': '2.png'}),
    (['1.png', '11.png'], ['1_DRF.png', '11_DRF.png'], {'1': '1_DRF.png', '11': '11_DRF.png'}),
    (['1.png', '12.png'], ['fused_1.png', 'fused_12.png'], {'1': 'fused_1.png', '12': 'fused_12.png'}),
    (['a.png', 'a_b.png'], ['a_b_x.png', 'a_x.png'], {'a': 'a_x.png', 'a_b': 'a_b_x.png'}),
    (['00001D.png'], ['00001Dfused.png'], {'00001D': '00001Dfused.png'}),
    (['x1.png', 'x2.png'], ['x1-mine-v2.png', 'x2-mine-v2.png'], {'x1': 'x1-mine-v2.png', 'x2': 'x2-mine-v2.png'})])
def test_results_are_matched_whatever_is_added(tmp_path, sources, fused, expected):
    a, b = (folder(tmp_path / name, *sources) for name in 'ab')
    assert owners(match_folders(folder(tmp_path / 'f', *fused), (a, b))) == expected


def test_numbers_are_not_cut_in_two(tmp_path):
    a, b = (folder(tmp_path / name, '1.png', '7.png') for name in 'ab')
    matches = match_folders(folder(tmp_path / 'f', '7_x.png', '17.png', '71.png'), (a, b))
    assert owners(matches) == {'7': '7_x.png'}
    assert matches.missing == ('1',) and matches.extra == ('17.png', '71.png')


@pytest.mark.parametrize(('names_a', 'names_b', 'stems'), [
    (['p_1.png', 'p_2.png'], ['p_1.png', 'p_2.png'], ['p_1', 'p_2']),
    (['1_ir.png', '2_ir.png'], ['1_vis.png', '2_vis.png'], ['1', '2']),
    (['ir_1.png', 'ir_2.png'], ['vis_1.png', 'vis_2.png'], ['1', '2']),
    (['ir_1_a.png', 'ir_2_a.png'], ['vis_1_b.png', 'vis_2_b.png'], ['1', '2']),
    (['s_1_ir.png', 's_2_ir.png'], ['s_1_vis.png', 's_2_vis.png'], ['s_1', 's_2']),
    (['1_ir.png'], ['1_vis.png'], ['1'])])
def test_sources_with_endings_or_beginnings_of_their_own(tmp_path, names_a, names_b, stems):
    tables = match_sources((folder(tmp_path / 'a', *names_a), folder(tmp_path / 'b', *names_b)))
    assert [list(table) for table in tables] == [stems, stems]
    assert [[f.name for f in table.values()] for table in tables] == [names_a, names_b]


def test_file_kinds_may_differ(tmp_path):
    a, b, f = folder(tmp_path / 'a', '1.png'), folder(tmp_path / 'b', '1.bmp'), folder(tmp_path / 'f', '1.png')
    triple, = match_folders(f, (a, b)).triples
    assert [s.name for s in triple.sources] == ['1.png', '1.bmp']


@pytest.mark.parametrize(('names_a', 'names_b', 'names_f', 'message'), [
    (['1.png', '2.png'], ['1.png', '3.png'], ['1.png'], "do not match: 2 names without a partner, for example '2' in"),
    (['1.png'], ['1.png'], ['2.png'], "no image of .* belongs to a source: 2.png continues no stem of .* '1'"),
    (['1.png'], ['1.png'], ['1_a.png', '1_b.png'], "1_a.png and 1_b.png in .* both belong to the source '1'")])
def test_what_does_not_match_is_told(tmp_path, names_a, names_b, names_f, message):
    with pytest.raises(UserError, match=message):
        match_folders(folder(tmp_path / 'f', *names_f), (folder(tmp_path / 'a', *names_a),
                                                         folder(tmp_path / 'b', *names_b)))


def test_folders_that_are_missing_or_empty(tmp_path):
    a = folder(tmp_path / 'a', '1.png')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(UserError, match='no images in .*empty'):
        match_folders(tmp_path / 'empty', (a, a))
    with pytest.raises(FileNotFoundError, match='nowhere'):
        match_folders(tmp_path / 'nowhere', (a, a))
