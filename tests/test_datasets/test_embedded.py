import logging

import numpy as np
import pytest
from mmengine.logging import MMLogger

from drfuse.datasets.embedded import EmbeddedPairs


@pytest.mark.parametrize(('task', 'names', 'colour'), [
    ('ivf', ('ir', 'vis'), 'vis'), ('mif', ('pet', 'mri'), 'pet'), ('mif-spect', ('spect', 'mri'), 'spect'),
    ('mif-ct', ('ct', 'mri'), None)])
def test_images_are_bytes_of_the_size_asked_for(task, names, colour):
    pairs = EmbeddedPairs(task, num=2, size=(48, 64))
    images = pairs.render(pairs.stems[0])
    assert tuple(images) == pairs.modalities == names
    for name, image in images.items():
        assert image.dtype == np.uint8
        assert image.shape == ((48, 64, 3) if name == colour else (48, 64))


@pytest.mark.parametrize('task', ['ivf', 'mif'])
def test_a_pair_depends_on_its_key_alone(task):
    def image(seed=0, split='train', index=3, num=4):
        pairs = EmbeddedPairs(task, split=split, num=num, size=(40, 40), seed=seed)
        return pairs.render(pairs.stems[index])[pairs.modalities[1]]

    assert np.array_equal(image(), image(num=9))
    for other in (dict(seed=1), dict(split='test'), dict(index=2)):
        assert not np.array_equal(image(), image(**other))


def test_pairs_are_kept():
    pairs = EmbeddedPairs('mif', num=1, size=(32, 32))
    assert pairs.render(pairs.stems[0]) is pairs.render(pairs.stems[0])


def test_paths_name_no_file():
    pairs = EmbeddedPairs('ivf', split='test', num=1)
    assert pairs.paths(pairs.stems[0]) == dict(ir='embedded:ivf_test_00000/ir', vis='embedded:ivf_test_00000/vis')


@pytest.mark.parametrize(('options', 'message'), [
    (dict(task='mfif'), r"embedded task 'mfif' is unknown; allowed are \['ivf', 'mif', 'mif-spect', 'mif-ct'\]"),
    (dict(task='ivf', num=0), 'embedded num must be >= 1, got 0'),
    (dict(task='ivf', size=(16, 64)), r'sides >= 32, got \(16, 64\)'),
])
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        EmbeddedPairs(**options)


def test_the_warning_names_folder_split_and_remedy():
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    EmbeddedPairs.warn_stand_in('data/M3FD', 'train')
    logger.removeHandler(handler)
    (record,) = records
    assert record.levelno == logging.WARNING
    for part in ('data/M3FD does not exist', 'GENERATED', 'train split', '--data-root'):
        assert part in record.getMessage()
