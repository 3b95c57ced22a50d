import cv2
import numpy as np
import pytest
import torch

from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.datasets.transforms import LoadModalities


@pytest.fixture
def request_for(tmp_path):
    def make(shape_ir=(6, 8), shape_vis=(6, 8, 3), **extra):
        paths = {}
        for name, shape in (('ir', shape_ir), ('vis', shape_vis)):
            paths[name] = str(tmp_path / f'{name}.png')
            assert cv2.imwrite(paths[name], np.full(shape, 51, np.uint8))
        return dict(dict(stem='a', modalities=('ir', 'vis'), paths=paths, channels={}, embedded=None), **extra)

    return make


def test_images_have_the_stored_channels_in_the_unit_range(request_for):
    images = LoadModalities()(request_for())['images']
    assert torch.equal(images['ir'], torch.full((1, 6, 8), 0.2))
    assert torch.equal(images['vis'], torch.full((3, 6, 8), 0.2))


def test_channels_are_changed_on_request(request_for):
    images = LoadModalities()(request_for(channels=dict(ir=3, vis=1)))['images']
    assert (images['ir'].shape, images['vis'].shape) == ((3, 6, 8), (1, 6, 8))


def test_sizes_of_a_pair_must_agree(request_for):
    with pytest.raises(ValueError, match=r'same height x width: .*ir.png is 6 x 8, .*vis.png is 6 x 9'):
        LoadModalities()(request_for(shape_vis=(6, 9, 3)))


def test_cache_reads_a_file_once(request_for, tmp_path):
    load, results = LoadModalities(cache=True), request_for()
    first = load(dict(results))['images']['ir']
    (tmp_path / 'ir.png').unlink()
    assert torch.equal(load(dict(results))['images']['ir'], first)
    with pytest.raises(FileNotFoundError, match=r'no image file .*ir.png'):
        LoadModalities()(dict(results))


def test_a_change_of_a_loaded_image_does_not_reach_the_cache(request_for):
    load, results = LoadModalities(cache=True), request_for()
    load(dict(results))['images']['ir'].zero_()
    assert load(dict(results))['images']['ir'].min() > 0


def test_generated_pairs_need_no_file():
    pairs = EmbeddedPairs('ivf', num=1, size=(32, 40))
    results = dict(stem=pairs.stems[0], modalities=('ir', 'vis'), paths=pairs.paths(pairs.stems[0]), channels={},
                   embedded=pairs)
    assert LoadModalities()(results)['images']['vis'].shape == (3, 32, 40)


def test_without_clean_files_there_are_no_images(request_for):
    assert 'images' not in LoadModalities()(request_for(paths={}))
