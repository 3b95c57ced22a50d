"""drfuse sample: generated pairs that drfuse fuse takes as they are."""

import pytest

from drfuse.apis.degradation_spec import parse_degradation
from drfuse.cli.sample_run import run
from drfuse.datasets.image_io import read_image
from drfuse.utils.config import UserError


def test_writes_clean_and_degraded_pairs(tmp_path, capsys):
    run(tmp_path / 'made' / 'pairs', 'mif', 2, (64, 96))
    folder = tmp_path / 'made' / 'pairs'
    sizes = {(kind, name): {read_image(file).shape[:2] for file in (folder / kind / name).glob('*.png')}
             for kind in ('clean', 'degraded') for name in ('pet', 'mri')}
    assert sizes == {('clean', 'pet'): {(64, 96)}, ('clean', 'mri'): {(64, 96)}, ('degraded', 'pet'): {(32, 48)},
                     ('degraded', 'mri'): {(64, 96)}}
    assert len(list((folder / 'clean' / 'pet').iterdir())) == 2
    assert list(tmp_path.joinpath('made').iterdir()) == [folder]  # nothing half done is left
    assert f'{folder}/degraded/mri -o fused --task mif --preset composite' in capsys.readouterr().err
    assert parse_degradation('composite', ('pet', 'mri'))  # what the printed command tells


@pytest.mark.parametrize(('options', 'message'), [
    (('thermal', 1, (64, 64)), r"task 'thermal' is unknown; allowed are \['ivf'"),
    (('ivf', 1, (8, 64)), r'size must be \(H, W\) with sides >= 32, got \(8, 64\)')])
def test_mistakes_are_one_line(tmp_path, options, message):
    with pytest.raises(UserError, match=message):
        run(tmp_path / 'pairs', *options)
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path):
    with pytest.raises(UserError, match='exists: name another folder'):
        run(tmp_path, 'ivf', 1, (64, 64))
