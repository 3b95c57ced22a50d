import json

import cv2
import pytest

from drfuse.utils.config import UserError
from drfuse.visualization.curves import plot_curves, read_scalars, select


@pytest.fixture
def work_dir(tmp_path):
    for time, records in (('20260101_000000', [dict(loss=3.0, iter=1, step=1), dict(loss=2.0, iter=5, step=5)]),
                          ('20260102_000000', [dict(loss=1.5, loss_rec=1.0, iter=5, step=5),
                                               {'PSNR/ir': 20.0, 'step': 5}, dict(loss=1.0, iter=9, step=9)])):
        folder = tmp_path / time / 'vis_data'
        folder.mkdir(parents=True)
        (folder / 'scalars.json').write_text('\n'.join(json.dumps(r) for r in records))
    return tmp_path


def test_resumed_runs_are_joined(work_dir):
    curves = read_scalars(work_dir)
    assert curves['loss'] == [(1, 3.0), (5, 1.5), (9, 1.0)]
    assert curves['PSNR/ir'] == [(5, 20.0)]
    assert set(select(curves, ['psnr'])) == {'PSNR/ir'}
    assert set(select(curves, ['loss'])) == {'loss', 'loss_rec'}


def test_plot_is_written(work_dir):
    out = plot_curves(work_dir, work_dir / 'deep' / 'curves.png')
    assert cv2.imread(str(out)).shape[0] > 500  # two plots below each other


def test_nothing_to_plot(work_dir, tmp_path):
    with pytest.raises(UserError, match='no curve'):
        plot_curves(work_dir, tmp_path / 'x.png', [['SSIM']])
    with pytest.raises(UserError, match=r'scalars\.json'):
        read_scalars(work_dir / 'empty')
