import numpy as np
import pytest
import torch

from drfuse.datasets.sample_rng import SampleKey
from drfuse.datasets.transforms import PairedCrop, PairedFlip, PairedRot90, PairedScale
from drfuse.datasets.transforms.geometry import reflect_pad_to

KEYS = [SampleKey(0, batch, index) for batch in range(3) for index in range(8)]


def twins(results, **options):
    """Return results whose second image repeats the first in three channels."""
    made = results(**options)
    made['images']['vis'] = made['images']['ir'].repeat(3, 1, 1)
    return made


@pytest.mark.parametrize('transform', [PairedCrop(7), PairedCrop([[5, 9]]), PairedFlip(), PairedRot90(),
                                       PairedCrop(40)])
@pytest.mark.parametrize('key', KEYS[:6])
def test_all_modalities_get_the_same_window(results, transform, key):
    images = transform(twins(results, key=key))['images']
    assert torch.equal(images['vis'], images['ir'].repeat(3, 1, 1))


def test_crop_is_a_window_with_an_offset_of_each_sample(results):
    corners = set()
    for index in range(20):
        crop = PairedCrop(7)(results(key=SampleKey(0, 0, index)))['images']['ir'][0]
        top, left = divmod(round(float(crop[0, 0]) * 600), 30)
        assert torch.equal(crop, results()['images']['ir'][0, top:top + 7, left:left + 7])
        corners.add((top, left))
    assert len(corners) > 12


def test_crop_reaches_every_offset(results):
    rows = {int(PairedCrop([[19, 30]])(results(key=SampleKey(0, 0, i)))['images']['ir'][0, 0, 0] * 600) // 30
            for i in range(20)}
    assert rows == {0, 1}


def test_offsets_are_multiples(results):
    corners = set()
    for index in range(60):
        crop = PairedCrop(13, multiple=3)(results(key=SampleKey(0, 0, index)))['images']['ir'][0]
        corners.add(divmod(round(float(crop[0, 0]) * 600), 30))
    assert {top for top, _ in corners} == {0, 3, 6} and {left for _, left in corners} == {0, 3, 6, 9, 12, 15}
    for bad in (0, 1.5):
        with pytest.raises(ValueError, match='multiple must be an integer >= 1, got'):
            PairedCrop(7, multiple=bad)


def test_size_is_chosen_per_batch(results):
    sizes = {}
    for key in KEYS:
        shape = PairedCrop([4, 8, [6, 10]])(results(key=key))['images']['ir'].shape[-2:]
        sizes.setdefault(key.batch, set()).add(tuple(shape))
    assert all(len(chosen) == 1 for chosen in sizes.values())
    chosen = {tuple(PairedCrop([4, 8, [6, 10]])(results(key=SampleKey(0, b, 0)))['images']['ir'].shape[-2:])
              for b in range(20)}
    assert chosen == {(4, 4), (8, 8), (6, 10)}


def test_without_a_size_the_dataset_decides(results):
    assert PairedCrop()(results(crop_sizes=[(4, 6)]))['images']['vis'].shape == (3, 4, 6)
    assert PairedCrop(5)(results(crop_sizes=[(4, 6)]))['images']['vis'].shape == (3, 5, 5)
    assert PairedCrop()(results())['images']['vis'].shape == (3, 20, 30)


@pytest.mark.parametrize(('size', 'wanted'), [((5, 7), (5, 7)), ((5, 7), (8, 8)), ((2, 3), (11, 20)), ((1, 4), (3, 4))])
def test_reflection_is_that_of_numpy(size, wanted):
    image = torch.rand((2, *size), generator=torch.Generator().manual_seed(1))
    widths = [(0, 0)] + [((w - s) // 2, w - s - (w - s) // 2) for s, w in zip(size, wanted, strict=True)]
    expected = np.pad(image.numpy(), widths, mode='reflect')
    assert np.array_equal(reflect_pad_to(image, wanted).numpy(), expected)


def test_a_small_image_is_mirrored_to_the_window(results):
    assert PairedCrop(64)(results())['images']['vis'].shape == (3, 64, 64)
    assert PairedCrop(25)(results())['images']['vis'].shape == (3, 25, 25)


def test_flips_follow_their_probability(results):
    image = results()['images']['ir']
    assert torch.equal(PairedFlip(1, 0)(results())['images']['ir'], image.flip(-1))
    assert torch.equal(PairedFlip(0, 1)(results())['images']['ir'], image.flip(-2))
    assert torch.equal(PairedFlip(0, 0)(results())['images']['ir'], image)
    kinds = {float(PairedFlip()(results(key=SampleKey(0, 0, i)))['images']['ir'][0, 0, 0]) for i in range(40)}
    assert len(kinds) == 4


def test_turns_keep_the_shape_of_what_is_not_square(results):
    shapes = {tuple(PairedRot90()(results(key=key))['images']['vis'].shape) for key in KEYS}
    assert shapes == {(3, 20, 30)}
    turned = {float(PairedRot90()(results(size=(6, 6), key=key))['images']['ir'][0, 0, 0]) for key in KEYS}
    assert len(turned) == 4
    still = results(size=(6, 6))
    assert torch.equal(PairedRot90(0)(results(size=(6, 6)))['images']['ir'], still['images']['ir'])


@pytest.mark.parametrize('transform', [PairedCrop(4), PairedFlip(), PairedRot90()])
def test_degraded_files_keep_their_geometry(results, transform):
    with pytest.raises(ValueError, match='already degraded files cannot be cropped or flipped'):
        transform(results(observed_paths=dict(ir='x')))


@pytest.mark.parametrize('size', [0, [], [4, 0], [[4, 5, 6]], [2.5]])
def test_crop_sizes_are_checked(size):
    with pytest.raises(ValueError, match='the crop size must be an integer >= 1 or a list'):
        PairedCrop(size)


@pytest.mark.parametrize('build', [lambda: PairedFlip(2, 0), lambda: PairedFlip(0, -1), lambda: PairedRot90(1.5)])
def test_probabilities_are_checked(build):
    with pytest.raises(ValueError, match=r'is a probability in \[0, 1\], got'):
        build()


def test_crop_size_of_the_dataset_is_used_unless_the_transform_has_one(results):
    assert PairedCrop()(results(crop_sizes=[(5, 6)]))['images']['ir'].shape == (1, 5, 6)
    assert PairedCrop(4)(results(crop_sizes=[(5, 6)]))['images']['ir'].shape == (1, 4, 4)
    assert PairedCrop()(results(crop_sizes=None))['images']['ir'].shape == (1, 20, 30)


def test_scale_shrinks_both_alike_within_its_bounds(results):
    sizes = set()
    for index in range(30):
        images = PairedScale(low=0.5, prob=0.7, min_side=12)(twins(results, key=SampleKey(0, 0, index)))['images']
        torch.testing.assert_close(images['vis'], images['ir'].repeat(3, 1, 1))
        sizes.add(tuple(images['ir'].shape[-2:]))
    height, width = results()['images']['ir'].shape[-2:]
    assert (height, width) in sizes and len(sizes) > 8
    assert all(12 <= h <= height and width // 2 <= w <= width for h, w in sizes)


@pytest.mark.parametrize(('options', 'text'), [(dict(low=0.0), 'low must be in'), (dict(prob=2), 'prob is a prob')])
def test_scale_names_mistakes(options, text):
    with pytest.raises(ValueError, match=text):
        PairedScale(**options)


def test_two_crops_draw_independently(results):
    """The offsets of both agreed in 400 of 400 samples where their ranges divide."""
    def offset(image):
        return divmod(round(float(image['images']['ir'][0, 0, 0]) * 600), 30)

    agree = 0
    for index in range(60):
        made = results(key=SampleKey(0, 0, index))
        once = offset(PairedCrop([[12, 22]])(made))
        twice = offset(PairedCrop([[4, 14]])(made))
        assert once == offset(PairedCrop([[12, 22]])(results(key=SampleKey(0, 0, index))))
        agree += (twice[0] - once[0], twice[1] - once[1]) == once
    assert agree < 10


@pytest.mark.parametrize('transform', [PairedScale(), PairedFlip(), PairedRot90()])
def test_two_steps_of_a_kind_draw_independently(results, transform):
    """Twice the same flip, turn or scale: where both drew alike, two flips were always none."""
    changes = set()
    for index in range(30):
        made = results(size=(24, 24), key=SampleKey(0, 0, index))
        first = transform(made)['images']['ir']
        alone = transform(results(size=(24, 24), key=SampleKey(0, 0, index)))['images']['ir']
        assert torch.equal(first, alone)
        again = transform(dict(results(size=(24, 24), key=SampleKey(0, 0, index)), steps=made['steps']))
        changes.add(torch.equal(again['images']['ir'], alone))
    assert False in changes
