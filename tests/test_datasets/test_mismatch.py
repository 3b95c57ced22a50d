"""Factors between what is told and what is done."""

import pytest
import torch

from drfuse.datasets import PairedFusionDataset
from drfuse.datasets.mismatch import Mismatch


@pytest.mark.parametrize(('options', 'message'), [
    (dict(factor=(-1.0, 1.0)), 'factor of a mismatch must be >= 0'),
    (dict(factor=(0.0, 1.0), prob=2), r'prob of a mismatch must be in \[0, 1\], got 2')])
def test_mismatches_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        Mismatch(**options)


def test_factors_are_drawn_now_and_then():
    generator = torch.Generator().manual_seed(0)
    drawn = torch.tensor([Mismatch((0.2, 0.4), 0.5).factors(3, generator) for _ in range(60)])
    told = (drawn == 1).all(1)
    assert 15 <= int(told.sum()) <= 45
    wrong = drawn[~told]
    assert wrong.min() >= 0.2 and wrong.max() <= 0.4 and (wrong.std(1) > 0).all()


def test_a_dataset_hands_its_mismatch_on():
    made = [PairedFusionDataset(embedded=dict(task='ivf', num=1, size=(64, 64)), pipeline=[lambda results: results],
                                **options)[0]['mismatch'] for options in ({}, dict(mismatch=dict(factor=(0, 1))))]
    assert made == [None, Mismatch((0, 1))]
