"""What makes a result again."""

import numpy as np
import yaml

from drfuse.report.settings import degradation_yaml, setting_rows, source_rows, versions


def test_degradation_as_a_file_repeats_the_result(ivf, degraded, tmp_path):
    for known in ('composite', None, dict(a=dict(noise=.02, blur='none'), b=[])):
        first = ivf(degraded['ir'], degraded['vis'], known)
        (tmp_path / 'd.yaml').write_text(degradation_yaml(first))
        again = ivf(degraded['ir'], degraded['vis'], str(tmp_path / 'd.yaml'))
        np.testing.assert_array_equal(first.fused, again.fused)
        np.testing.assert_array_equal(first.restored['ir'], again.restored['ir'])


def test_degradation_is_plain(result):
    assert yaml.safe_load(degradation_yaml(result))['a'][-1] == dict(type='AveragePool', factor=2, border='partial')


def test_rows(result):
    ir, vis = source_rows(result)
    assert (ir['name'], ir['form'], ir['origin'], ir['confidence']) == (
        'ir', '32 x 24, uint8, grey', 'preset composite', '-')
    assert 'Gaussian blur 2 px' in vis['text']
    rows = setting_rows(result)
    assert rows['weights, SHA-256'] == result.report['weights_sha256'] and rows['tiles'] == 'computed whole'


def test_estimates_are_shown_with_their_confidence(ivf, degraded):
    rows = source_rows(ivf(degraded['ir'], degraded['vis']))
    assert all(row['origin'] == 'estimated' and 'noise ' in row['confidence'] for row in rows)


def test_tiles_and_shift(result):
    from dataclasses import replace
    report = dict(result.report, tiling=dict(tiles=4, side=128, halo=3, error=0.),
                  registration=dict(shift=[3, -2], aligned=True), colour_from=None)
    rows = setting_rows(replace(result, report=report))
    assert rows['tiles'] == '4 tiles of up to 128 pixels a side'
    assert rows['shift of A to B'] == '3, -2 pixels (A was moved by it)' and 'grey' in rows['colour from']


def test_versions():
    assert {'drfuse', 'python', 'torch', 'numpy', 'pillow', 'opencv'} <= set(versions())
