import numpy as np
import pytest
import torch
from mmcv import imwrite

from drfuse.datasets.image_io import read_image, to_tensor
from drfuse.datasets.mismatch import Mismatch
from drfuse.datasets.sample_rng import SampleKey, SampleRNG
from drfuse.datasets.transforms import AttachObservations, SynthesizeObservations
from drfuse.datasets.transforms.synthesis import degrade_image, exact_double
from drfuse.degradations import Degradation
from drfuse.structures import LUMA_WEIGHTS, rgb_to_ycbcr

NOISE = dict(type='GaussianNoise', sigma=0.05)


def test_observation_is_that_of_the_degradation(results):
    made = results(degradations=dict(ir=[NOISE], vis=[NOISE, dict(type='AveragePool', factor=4)]))
    out = SynthesizeObservations()(made)
    wanted, chroma = made['degradations']['vis'].observe(exact_double(made['images']['vis'])[None],
                                                         made['rng'].sample('degradation.vis'))
    observed = out['observations']['vis']
    assert observed.y.shape == (1, 1, 5, 8)
    torch.testing.assert_close(observed.y, wanted.y.float())
    torch.testing.assert_close(observed.sigma, wanted.sigma.float())
    torch.testing.assert_close(out['chroma']['vis'], chroma[0].float())
    assert set(out['chroma']) == {'vis'}


def test_everything_is_single_precision(results):
    blur = dict(type='GaussianBlur', sigma=(1.0, 2.0))
    observed = SynthesizeObservations()(results(degradations=dict(ir=[blur, NOISE])))['observations']['ir']
    assert {observed.y.dtype, observed.sigma.dtype, observed.A.noise_std.dtype} == {torch.float32}
    assert {p.dtype for p in observed.A.params.values() if p.is_floating_point()} == {torch.float32}
    assert observed.A.forward(torch.rand(1, 1, 20, 30)).dtype == torch.float32


def test_chroma_is_that_of_the_degraded_image_only(results):
    made = results(degradations=dict(vis=[dict(type='GaussianBlur', sigma=3.0)]))
    clean = rgb_to_ycbcr(made['images']['vis'])[1]
    chroma = SynthesizeObservations()(made)['chroma']['vis']
    assert (chroma - 0.5).std() < 0.3 * (clean - 0.5).std()

def test_grey_in_three_channels_gives_no_chroma(results):
    made = results(degradations=dict(ir=[NOISE], vis=[NOISE]))
    made['images']['ir'] = made['images']['ir'].repeat(3, 1, 1)
    out = SynthesizeObservations()(made)
    assert set(out['chroma']) == {'vis'}  # else the noise of the infrared would colour the fused image
    expected = 0.05 * sum(w * w for w in LUMA_WEIGHTS) ** 0.5
    assert out['observations']['ir'].sigma.item() == pytest.approx(expected, rel=1e-5)


def test_modalities_draw_independent_noise(results):
    made = results(degradations=dict(ir=[NOISE], vis=[NOISE]), channels=dict(vis=1))
    made['images'] = {name: torch.full((1, 64, 64), 0.5) for name in made['modalities']}
    noise = torch.stack([o.y.flatten() - 0.5 for o in SynthesizeObservations()(made)['observations'].values()])
    assert abs(float(torch.corrcoef(noise)[0, 1])) < 0.05


def test_shapes_are_settled_per_batch_and_values_per_sample(results):
    stage = dict(type='OneOf', stages=[dict(type='AveragePool', factor=f) for f in (1, 2, 4)])
    noise = dict(type='GaussianNoise', sigma=(0.0, 0.2))

    def observe(batch, index):
        made = results(key=SampleKey(0, batch, index), degradations=dict(ir=[stage, noise]))
        return SynthesizeObservations()(made)['observations']['ir']

    assert {len({tuple(observe(b, i).y.shape) for i in range(5)}) for b in range(4)} == {1}
    assert len({tuple(observe(b, 0).y.shape) for b in range(12)}) == 3
    assert len({float(observe(0, i).sigma) for i in range(5)}) == 5


def test_stored_levels_are_exact_in_double_precision():
    for top in (255, 65535):
        levels = torch.arange(top + 1, dtype=torch.float32).view(1, 1, -1)
        assert (exact_double(levels / top) - levels.double() / top).abs().max() < 1e-15
    between = torch.tensor([[[0.1234567]]])
    assert (exact_double(between) - between.double()).abs() < 1e-7


def test_truncation_keeps_what_lies_on_the_grid(results):
    made = results(degradations=dict(ir=[dict(type='Floor')]))
    levels = torch.arange(256, dtype=torch.float32).view(1, 1, -1)
    made['images'] = dict(ir=levels / 255, vis=levels.repeat(3, 1, 1) / 255)
    observed = SynthesizeObservations()(made)['observations']['ir'].y
    assert torch.equal((observed[0] * 255).round(), levels)
    torch.testing.assert_close(observed[0], levels / 255)


@pytest.mark.parametrize(('folder', 'channels'), [('ir', 1), ('vi', 3)])
def test_the_published_blur_is_reproduced(shared_dir, folder, channels):
    sample = shared_dir / 'data/m3fd_sample'
    clean = to_tensor(read_image(sample / f'clean/{folder}/00000.png'))[:channels]
    released = read_image(sample / f'released/blur/{folder}/00000.png')
    blur = Degradation([dict(type='GaussianBlur', sigma=2.0, kernel_size=21, boundary='zero'), dict(type='Floor')])
    degraded = degrade_image(blur, clean, SampleRNG.for_validation(0, '00000'), 'x')[2][0]
    made = (degraded * 255).round().numpy().transpose(1, 2, 0).astype(np.int64)
    error = np.abs(made - released.reshape(*released.shape[:2], -1)[..., :channels])
    assert error.max() <= 1
    assert (error == 0).mean() > 0.9999


def write(tmp_path, **sizes):
    paths = {}
    for name, size in sizes.items():
        paths[name] = str(tmp_path / f'{name}.png')
        imwrite(np.full((*size, 3 if name == 'vis' else 1), 102, np.uint8), paths[name])
    return paths


def test_files_are_attached_to_the_size_of_the_clean_images(results, tmp_path):
    pool = [dict(type='AveragePool', factor=2), NOISE]
    made = results(degradations=dict(ir=pool, vis=[NOISE]), observed_paths=write(tmp_path, ir=(10, 15), vis=(20, 30)))
    out = AttachObservations()(made)
    assert out['observations']['ir'].A.image_shape == (20, 30)
    torch.testing.assert_close(out['observations']['ir'].y, torch.full((1, 1, 10, 15), 0.4))
    assert out['observations']['ir'].sigma.item() == pytest.approx(0.05)
    assert out['chroma']['vis'].shape == (2, 20, 30)


def test_without_clean_images_the_largest_file_or_the_argument_counts(results, tmp_path):
    pool = [dict(type='AveragePool', factor=2)]
    paths = write(tmp_path, ir=(10, 15), vis=(19, 29))
    made = results(degradations=dict(ir=pool), observed_paths=paths)
    del made['images']
    assert AttachObservations()(dict(made))['observations']['ir'].A.image_shape == (19, 29)
    made['degradations'] = dict.fromkeys(('ir', 'vis'), Degradation(pool))
    made['observed_paths'] = write(tmp_path, ir=(10, 15), vis=(10, 15))
    assert AttachObservations(image_shape=(20, 30))(dict(made))['observations']['vis'].A.image_shape == (20, 30)


def test_attach_errors_name_the_file(results, tmp_path):
    paths = write(tmp_path, ir=(10, 15), vis=(20, 30))
    with pytest.raises(ValueError, match=r'ir.png: .*but the observed image is \(10, 15\)'):
        AttachObservations()(results(observed_paths=paths))
    drawn = dict(ir=[dict(type='GaussianNoise', sigma=(0.0, 0.1))])
    with pytest.raises(ValueError, match='ir.png: GaussianNoise sigma is drawn from'):
        AttachObservations()(results(degradations=drawn, observed_paths=paths))
    with pytest.raises(ValueError, match='AttachObservations needs already degraded files: set observed_prefix'):
        AttachObservations()(results())


BLUR = dict(type='GaussianBlur', sigma=2.0, kernel_size=13)


def test_what_is_told_may_be_more_than_what_was_done(results):
    made = results(size=(64, 64), degradations=dict(ir=[], vis=[BLUR, NOISE]))
    right, wrong = (SynthesizeObservations()(dict(made, mismatch=mismatch))['observations']['vis']
                    for mismatch in (None, Mismatch((0.0, 0.0), 1.0)))
    assert torch.equal(right.sigma, wrong.sigma) and torch.equal(right.A.params['sigma'], wrong.A.params['sigma'])
    clean = (made['images']['vis'] * torch.tensor(LUMA_WEIGHTS).view(3, 1, 1)).sum(0)
    torch.testing.assert_close(wrong.y[0, 0], clean)
    assert (right.y[0, 0] - clean).abs().max() > 0.1


def test_every_stage_is_wrong_by_a_factor_of_its_own_now_and_then(results):
    def levels(index):
        made = results(key=SampleKey(0, 0, index), degradations=dict(vis=[NOISE]), channels=dict(vis=1))
        made['images'] = {name: torch.full((1, 128, 128), 0.5) for name in made['modalities']}
        made['mismatch'] = Mismatch((0.0, 1.5), 0.5)
        return float(SynthesizeObservations()(made)['observations']['vis'].y.std()) / 0.05

    found = torch.tensor([levels(i) for i in range(40)])
    assert 10 <= int(((found - 1).abs() > 0.05).sum()) <= 30
    assert found.min() < 0.5 and found.max() > 1.2
