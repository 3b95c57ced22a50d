import json

import numpy as np
import pytest
import torch

from drfuse.datasets import PairedFusionDataset
from drfuse.datasets.degraded_writer import write_degraded
from drfuse.datasets.image_io import read_image

STAGES = [dict(type='GaussianNoise', sigma=(0.02, 0.1)), dict(type='Floor'), dict(type='AveragePool', factor=2),
          dict(type='Floor')]
PREFIX = dict(ir='{split}/ir', vis='{split}/vi')


def build(root, steps, **options):
    pipeline = [dict(type='LoadModalities'), dict(type=steps), dict(type='PackFusionInputs')]
    return PairedFusionDataset(str(root), PREFIX, degradations=dict(ir=STAGES, vis=STAGES[:2]), test_mode=True,
                               pipeline=pipeline, **options)


def test_files_are_what_validation_observes(pairs, tmp_path):
    root = pairs()
    dataset = build(root, 'SynthesizeObservations')
    sidecar = write_degraded(dataset, tmp_path / 'out')
    description = json.loads(sidecar.read_text())
    assert list(description['files']) == ['a', 'b', 'c']
    assert 'GaussianNoise' in description['degradations']['ir']
    for index, (stem, entry) in enumerate(description['files'].items()):
        item = dataset[index]
        stored = torch.from_numpy(read_image(tmp_path / 'out' / entry['ir']['file']).astype(np.float32)) / 255
        torch.testing.assert_close(item['inputs']['ir'].y[0, 0], stored)
        assert read_image(tmp_path / 'out/vis' / f'{stem}.png').shape == (24, 32, 3)
        assert entry['ir']['luminance_sigma'] == pytest.approx(item['inputs']['ir'].sigma.item())
        assert entry['ir']['luminance_sigma'] == pytest.approx(entry['ir']['params']['0.sigma'][0] / 2)
        assert entry['ir']['image_shape'] == [24, 32]


def test_the_files_can_be_attached(pairs, tmp_path):
    root = pairs()
    write_degraded(build(root, 'SynthesizeObservations'), tmp_path / 'out')
    fixed = [dict(type='GaussianNoise', sigma=0.1), *STAGES[1:]]
    attached = PairedFusionDataset(
        str(root), PREFIX, observed_prefix=dict(ir=str(tmp_path / 'out/ir'), vis=str(tmp_path / 'out/vis')),
        degradations=dict(ir=fixed, vis=fixed[:2]),
        pipeline=[dict(type='LoadModalities'), dict(type='AttachObservations'), dict(type='PackFusionInputs')])[0]
    made = build(root, 'SynthesizeObservations')[0]
    for name in ('ir', 'vis'):
        torch.testing.assert_close(attached['inputs'][name].y, made['inputs'][name].y)
    torch.testing.assert_close(attached['data_samples'].chroma['vis'], made['data_samples'].chroma['vis'])


def test_never_replaces_without_being_told(pairs, tmp_path):
    dataset = build(pairs(), 'SynthesizeObservations', indices=1)
    sidecar = write_degraded(dataset, tmp_path / 'out')
    before = sidecar.stat().st_mtime_ns
    with pytest.raises(FileExistsError, match='out exists: choose another folder'):
        write_degraded(dataset, tmp_path / 'out')
    assert sidecar.stat().st_mtime_ns == before
    (tmp_path / 'out/stale').touch()
    write_degraded(dataset, tmp_path / 'out', overwrite=True)
    assert not (tmp_path / 'out/stale').exists()
    (tmp_path / 'mine').mkdir()
    with pytest.raises(FileExistsError, match=r'mine has no degradations.json, so it was not written here'):
        write_degraded(dataset, tmp_path / 'mine', overwrite=True)


def test_a_failure_leaves_nothing_behind(pairs, tmp_path):
    root = pairs()
    dataset = build(root, 'SynthesizeObservations')
    (root / 'train/vi/b.png').write_bytes(b'broken')
    with pytest.raises(ValueError, match='cannot decode .*b.png'):
        write_degraded(dataset, tmp_path / 'out')
    assert [p.name for p in tmp_path.iterdir()] == ['set']
