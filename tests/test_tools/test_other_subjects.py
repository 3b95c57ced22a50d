"""Restoration of heads that were never seen."""

import json

import cv2
import numpy as np
import pytest

from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.visualization.image_writer import write_png

TV = dict(type='TVADMM', weight=10.0, iterations=5)


@pytest.fixture
def tool(load_tool):
    return load_tool('analysis_tools/other_subjects.py')


@pytest.fixture
def data(tool, tmp_path, monkeypatch):
    """A slice of every set, and a choice of restorers."""
    for name, task in (('PET-MRI', 'mif'), ('SPECT-MRI', 'mif'), ('CT-MRI', 'mif-ct')):
        pairs = EmbeddedPairs(task, 'test', 1, (64, 64))
        (_, first), (_, mri) = pairs.render(pairs.stems[0]).items()
        for folder, image in ((tool.SETS[name][1], first), ('mri', mri)):
            write_png(tmp_path / 'Harvard' / name / 'train' / folder / 'p0.png', image)
    (tmp_path / 'list.txt').write_text('p0\n')
    monkeypatch.setattr(tool, 'SETS', {name: (kind, first, str(tmp_path / 'list.txt'))
                                       for name, (kind, first, _) in tool.SETS.items()})
    families = dict(families=dict(total_variation=dict(restorer=TV)))
    choices = {scenario: dict(pet=families, mri=families) for scenario in tool.NAMES}
    (tmp_path / 'choice.json').write_text(json.dumps(dict(choices=choices)))
    return tmp_path


def test_every_set_scenario_and_source(tool, data, capfd):
    assert tool.main(['--data-root', str(data), '--choice', str(data / 'choice.json'), '--out', str(data / 'out')]) == 0
    rows = json.loads((data / 'out.json').read_text())['rows']
    assert [(r['set'], r['scenario'], r['source']) for r in rows] == [
        (name, scenario, source) for name, first in (('PET-MRI', 'pet'), ('SPECT-MRI', 'spect'), ('CT-MRI', 'ct'))
        for scenario in ('noise', 'blur', 'composite') for source in (first, 'mri')]
    assert all(r['images'] == 1 and r['drfuse'] > r['observed'] for r in rows if r['scenario'] != 'noise')
    first = rows[0]
    assert f'{first["rival"]:.2f} | {first["drfuse"]:.2f} | {first["drfuse"] - first["rival"]:+.2f} |' in (
        data / 'out.md').read_text()
    capfd.readouterr()


def test_what_is_observed_is_that_of_the_scenario(tool, data, capfd):
    sample = tool.dataset_of(str(data), 'SPECT-MRI', 'composite')[0]
    assert list(sample['inputs']) == ['spect', 'mri'] and sample['inputs']['spect'].y.shape[-2:] == (32, 32)
    grey = cv2.imread(str(data / 'Harvard' / 'SPECT-MRI' / 'train' / 'mri' / 'p0.png'), 0)
    np.testing.assert_allclose(255 * sample['data_samples'].gt_sources[1].squeeze().numpy(), grey, atol=1e-3)


def test_without_a_choice(tool, tmp_path, capfd):
    assert tool.main(['--data-root', 'x', '--choice', str(tmp_path / 'no.json'), '--out', str(tmp_path / 'out')]) == 2
    assert 'no.json does not exist; compare_methods.py mif --choose writes it' in capfd.readouterr().err
