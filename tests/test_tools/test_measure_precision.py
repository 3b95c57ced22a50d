"""The rule for bfloat16, and that a model which breaks it is found."""

import json
import sys

import cv2
import numpy as np
import pytest
import torch

from drfuse.models import DualDecoderUNet


@pytest.fixture(scope='module')
def tool(load_tool):
    return load_tool('analysis_tools/measure_precision.py')


def test_levels_are_of_255(tool):
    single = np.zeros((10, 100), np.float32)
    half = single.copy()
    half[0, 0] = 2 / 255
    assert tool.errors(single, half) == dict(largest=pytest.approx(2), within_one=0.999)


@pytest.mark.parametrize(('row', 'fine'), [(dict(largest=1.9, within_one=0.9995), True),
                                           (dict(largest=2.1, within_one=1.0), False),
                                           (dict(largest=1.5, within_one=0.998), False)])
def test_both_parts_of_the_rule_count(tool, row, fine):
    assert tool.keeps([dict(largest=0.0, within_one=1.0), row]) is fine


def test_pairs_are_degraded_in_steps_of_8_bits(tool, tmp_path):
    clean = np.full((40, 60), 100, np.uint8)
    clean[:, 30:] = 200
    cv2.imwrite(str(tmp_path / 'x.png'), clean)
    for preset in tool.PRESETS:
        image = tool.degraded(tmp_path / 'x.png', preset, 32)
        assert image.shape == (1, 32, 32) and torch.equal((255 * image).round() / 255, image)
        assert float((255 * image[0, 16, 16] - 200).abs()) > 0  # by blur or noise


def test_weights_by_rule_fit_the_paper_network(tool, shared_dir, tmp_path):
    file = tool.rule_weights(shared_dir / 'official_parity' / 'state_dict_shapes.json', tmp_path / 'rule.pth')
    state = torch.load(file, weights_only=True)['state_dict']
    network = DualDecoderUNet()
    network.load_state_dict({k.removeprefix('backbone.'): v for k, v in state.items() if k.startswith('backbone.')})
    assert float(network.stem.weight.detach().std()) == pytest.approx(1 / 27**0.5, rel=0.1)


@pytest.fixture
def pairs(tmp_path):
    for kind in ('a', 'b'):
        (tmp_path / kind).mkdir()
        for i in range(5):
            image = np.random.default_rng(i).integers(0, 255, (16, 16), np.uint8)
            cv2.imwrite(str(tmp_path / kind / f'{i}.png'), cv2.resize(image, (64, 64)))
    return [str(tmp_path / 'a'), str(tmp_path / 'b')]


def test_results_are_kept_by_name_and_shown(tool, tmp_path, pairs, monkeypatch, capsys):
    file, page = tmp_path / 'precision.json', tmp_path / 'page.md'
    page.write_text('before\n' + '\n'.join(tool.MARKS) + '\nafter\n')
    earlier = dict(sha256='0' * 64, pairs=5, presets=['noise'], machine='M', date='D', found={
        'bfloat16': dict(largest=9.0, within_one=0.5, keeps=False)})
    file.write_text(json.dumps(dict(other=earlier, mine=earlier)))
    monkeypatch.setattr(sys, 'argv', ['measure_precision.py', '--pairs', *pairs, '--presets', 'noise',
                                      '--json', str(file), '--page', str(page), '--label', 'mine'])
    code = tool.main()
    results = json.loads(file.read_text())
    assert results['other'] == earlier and results['mine']['model'] == 'ivf'
    found, rows = results['mine']['found'], results['mine']['rows']
    assert code == (0 if found['bfloat16']['keeps'] else 1) and len(rows) == 10
    assert found['float32']['largest'] == max(r['largest'] for r in rows if r['precision'] == 'float32') < 0.1
    shown = page.read_text()
    largest = found['bfloat16']['largest']
    assert f"| mine | {results['mine']['sha256'][:12]} | bfloat16 | 5: noise | {largest:.2f} |" in shown
    assert '| 9.00 | 50.000% | **no** |' in shown and shown.endswith('after\n')
    capsys.readouterr()


def test_a_page_needs_a_file(tool, pairs, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['measure_precision.py', '--pairs', *pairs, '--page', 'page.md'])
    with pytest.raises(SystemExit):
        tool.main()
    assert '--page shows what --json keeps' in capsys.readouterr().err
