from dataclasses import replace

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.optim import OptimWrapper

from drfuse.degradations import Degradation, Observation
from drfuse.diffusion.output import FusionOutput
from drfuse.models import DRFusion, FusionLoss
from drfuse.models.chroma import colourise
from drfuse.models.fusion_models.drfusion import correlation, merge_terms
from drfuse.registry import FUSION_LOSSES, MODELS
from drfuse.structures import FusionDataSample, rgb_to_ycbcr
from drfuse.utils.seed import keyed_generator

SAMPLER = dict(type='FusionDDIMSampler', num_steps=2, correction_scale=dict(type='DDNMPlusScale'))
LOSSES = dict(restoration=dict(type='SourceReconLoss'), fusion=dict(type='IVFLoss'))
BLUR_NOISE_LR = [dict(type='GaussianBlur', kernel_size=5, sigma=1.0), dict(type='GaussianNoise', sigma=0.03),
                 dict(type='AveragePool', factor=2)]
NOISE = [dict(type='GaussianNoise', sigma=0.05)]


@pytest.fixture
def make_model(small_config):
    def make(losses=LOSSES, num_sources=2, **arguments):
        backbone = dict(type='DualDecoderUNet', **small_config, num_sources=num_sources)
        return MODELS.build(dict(type='DRFusion', backbone=backbone, sampler=SAMPLER, losses=losses, **arguments))
    return make


def smooth_image(*key, channels=1, size=(16, 20)):
    coarse = torch.rand((1, channels, 4, 5), generator=keyed_generator('smooth', *key))
    return torch.nn.functional.interpolate(coarse, size, mode='bilinear')


def item(index, degradations, size=(16, 20)):
    """One pair: grey first source, coloured others."""
    sample, inputs, labels = FusionDataSample(metainfo=dict(stem=f'{index}')), {}, []
    sample.chroma = {}
    for i, (name, stages) in enumerate(degradations.items()):
        image = smooth_image(index, i, channels=3 if i else 1, size=size)
        labels.append(rgb_to_ycbcr(image)[0] if i else image)
        inputs[name], chroma = Degradation(stages).observe(image, keyed_generator(index, name))
        if chroma is not None:
            sample.chroma[name] = chroma[0]
    sample.gt_sources = torch.cat(labels, 1)[0]
    return dict(inputs=inputs, data_samples=sample)


def batch(count=2, size=(16, 20), **degradations):
    degradations = degradations or dict(ir=BLUR_NOISE_LR, vis=NOISE)
    return pseudo_collate([item(i, degradations, size) for i in range(count)])


def prepared(model, data):
    data = model.data_preprocessor(data)
    return data['inputs'], data['data_samples']


def test_loss_merges_the_terms_and_logs_the_weights(make_model):
    model = make_model()
    inputs, samples = prepared(model, batch())
    result = model(inputs, samples, mode='loss')
    assert set(result) == {'loss_rec', 'loss_intensity', 'loss_gradient', 'weight_0', 'weight_1', 'likeness_0',
                           'likeness_1'}
    assert (result['weight_0'] + result['weight_1']).item() == pytest.approx(1, abs=1e-6)
    total, log = model.parse_losses(result)
    assert total.item() == pytest.approx(sum(v.item() for k, v in result.items() if k.startswith('loss_')), rel=1e-5)
    assert 'weight_0' in log


def test_loss_targets_are_the_clean_sources_in_order(make_model, monkeypatch):
    model = make_model(losses=dict(restoration=dict(type='SourceReconLoss')))
    inputs, samples = prepared(model, batch())
    clean = torch.stack([s.gt_sources for s in samples])
    perfect = FusionOutput(tuple(clean.split(1, 1)), clean[:, :1], torch.full_like(clean, 0.5))
    monkeypatch.setattr(model, '_forward', lambda inputs: perfect)
    assert model.loss(inputs, samples)['loss_rec'].item() == 0


def test_three_sources(make_model):
    model = make_model(losses=dict(fusion=dict(type='MedicalLoss')), num_sources=3)
    inputs, samples = prepared(model, batch(a=NOISE, b=[], c=BLUR_NOISE_LR))
    result = model(inputs, samples, mode='loss')
    assert {'weight_0', 'weight_1', 'weight_2'} <= set(result)
    assert model(inputs, samples, mode='predict')[0].pred_sources.shape == (3, 16, 20)


def test_training_reduces_the_loss(make_model):
    model = make_model()
    # parameters of PyTorch's global initialisation would make the test depend on the order of the suite
    generator = keyed_generator('train')
    with torch.no_grad():
        for p in model.backbone.parameters():
            if p.ndim > 1 and p.any():
                p.copy_(torch.randn(p.shape, generator=generator) / p[0].numel() ** 0.5)
    wrapper = OptimWrapper(torch.optim.Adam(model.parameters(), lr=3e-3))
    data = batch()
    totals = [model.train_step(data, wrapper)['loss'].item() for _ in range(20)]
    assert totals[-1] < 0.8 * totals[0]


def test_every_parameter_gets_a_gradient(make_model):
    model = make_model()
    inputs, samples = prepared(model, batch())
    model.parse_losses(model(inputs, samples, mode='loss'))[0].backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


def test_losses_are_float32_under_autocast(make_model):
    model = make_model()
    inputs, samples = prepared(model, batch())
    with torch.autocast('cpu', dtype=torch.bfloat16):
        result = model(inputs, samples, mode='loss')
    exact = model(inputs, samples, mode='loss')
    for name, value in result.items():
        assert value.dtype == torch.float32
        assert value.item() == pytest.approx(exact[name].item(), rel=0.05)


@pytest.mark.parametrize('size', [(16, 20), (18, 22)])
def test_predict_fills_the_samples(make_model, size):
    model = make_model().eval()
    inputs, samples = prepared(model, batch(size=size))
    result = model(inputs, samples, mode='predict')
    assert len(result) == 2
    for i, sample in enumerate(result):
        assert sample.pred_sources.shape == sample.pred_weights.shape == (2, *size)
        assert sample.pred_fused.shape == (1, *size)
        assert sample.fused_image.shape == (3, *size)
        assert torch.equal(sample.observed['ir'], inputs['ir'].y[i])
        assert sample.observed['ir'].shape == (1, size[0] // 2, size[1] // 2)
        for image in (sample.pred_sources, sample.pred_fused, sample.fused_image):
            assert image.min() >= 0
            assert image.max() <= 1
            assert not image.requires_grad
        torch.testing.assert_close(sample.pred_weights.sum(0), torch.ones(size))


def test_predict_clamps(make_model, monkeypatch):
    model = make_model()
    wild = torch.tensor([-1.0, 2.0]).view(1, 1, 1, 2)
    monkeypatch.setattr(model, '_forward', lambda inputs: FusionOutput((wild, wild), wild, wild.expand(1, 2, 1, 2)))
    (sample,) = model.predict({})
    assert sample.pred_fused.flatten().tolist() == [0, 1]
    assert sample.pred_sources.flatten().tolist() == [0, 1, 0, 1]
    assert torch.equal(sample.fused_image, sample.pred_fused)


def test_tensor_mode_keeps_the_gradient(make_model):
    model = make_model()
    inputs, _ = prepared(model, batch())
    assert model(inputs).fused.requires_grad


def test_chroma_of_the_first_colour_source_or_of_the_named_one(make_model):
    data = batch(1, ir=NOISE, vis=NOISE, nir=NOISE)
    chroma = data['data_samples'][0].chroma
    assert list(chroma) == ['vis', 'nir']

    def used(**arguments):
        model = make_model(num_sources=3, **arguments).eval()
        inputs, samples = prepared(model, data)
        sample = model.predict(inputs, samples)[0]
        near = [torch.equal(sample.fused_image, colourise(sample.pred_fused, chroma[name])) for name in chroma]
        return dict(zip(chroma, near, strict=True))

    assert used() == dict(vis=True, nir=False)
    assert used(chroma_from='nir') == dict(vis=False, nir=True)
    with pytest.raises(ValueError, match=r"chroma_from='ir', but only \['nir', 'vis'\] have chroma"):
        used(chroma_from='ir')


def test_guided_chroma_is_an_option(make_model):
    data = batch(1, ir=NOISE, vis=NOISE, nir=NOISE)
    images = {}
    for how in ('observed', 'guided'):
        model = make_model(num_sources=3, chroma=how).eval()
        inputs, samples = prepared(model, data)
        sample = model.predict(inputs, samples)[0]
        images[how] = sample.fused_image
        assert sample.chroma['vis'].shape[-2:] == sample.pred_fused.shape[-2:]
    assert not torch.equal(images['observed'], images['guided'])
    assert torch.equal(sample.fused_image, colourise(sample.pred_fused, sample.chroma['vis']))
    with pytest.raises(ValueError, match=r"chroma must be one of \('observed', 'guided'\), got 'clean'"):
        make_model(chroma='clean')


def test_grey_sources_give_a_grey_image(make_model):
    model = make_model().eval()
    inputs, _ = prepared(model, batch())
    sample = model.predict(inputs)[0]
    assert torch.equal(sample.fused_image, sample.pred_fused)
    assert sample.modalities == ('ir', 'vis')


def test_colourise_restores_the_colours():
    rgb = 0.25 + 0.5 * torch.rand((3, 6, 7), generator=keyed_generator('rgb'))
    luma, chroma = rgb_to_ycbcr(rgb)
    torch.testing.assert_close(colourise(luma, chroma), rgb, rtol=0, atol=1e-5)


def test_colourise_enlarges_chroma_without_shift():
    ramp = torch.linspace(0.3, 0.7, 8).expand(2, 8, 8)
    luma = torch.full((1, 32, 32), 0.5)
    red = colourise(luma, ramp)[0]
    centres = (torch.arange(32) + 0.5) / 4 - 0.5
    expected = 0.5 + 1.402 * (0.3 + 0.4 * centres / 7 - 0.5)
    torch.testing.assert_close(red[16, 8:24], expected[8:24], rtol=0, atol=2e-3)


def test_clashing_and_misnamed_terms():
    result = {}
    merge_terms(result, dict(loss_a=torch.tensor(1.0)), 'first')
    with pytest.raises(ValueError, match=r"losses\['second'\] returns 'loss_a', which another loss returns already"):
        merge_terms(result, dict(loss_a=torch.tensor(2.0)), 'second')
    with pytest.raises(ValueError, match="returns 'a'; the name of a term starts with 'loss_'"):
        merge_terms(result, dict(a=torch.tensor(2.0)), 'third')


def test_the_same_loss_twice_is_an_error(make_model):
    model = make_model(losses=dict(one=dict(type='IVFLoss'), two=dict(type='IVFLoss')))
    inputs, samples = prepared(model, batch())
    with pytest.raises(ValueError, match=r"losses\['two'\] returns 'loss_intensity'"):
        model.loss(inputs, samples)


def test_a_third_party_loss(make_model):
    class DarkLoss(FusionLoss):
        def terms(self, output, targets):
            return dict(dark=output.fused.abs().mean())

    FUSION_LOSSES.register_module(module=DarkLoss, force=True)
    model = make_model(losses=dict(dark=dict(type='DarkLoss')))
    inputs, samples = prepared(model, batch())
    assert 'loss_dark' in model.loss(inputs, samples)


def test_losses_are_needed_for_training_only(make_model):
    model = make_model(losses=None)
    inputs, samples = prepared(model, batch())
    model.predict(inputs, samples)
    with pytest.raises(ValueError, match='DRFusion needs losses to train, got none'):
        model.loss(inputs, samples)


def test_number_of_modalities_is_checked(make_model):
    model = make_model()
    data = batch(a=NOISE, b=NOISE, c=NOISE)
    with pytest.raises(ValueError, match=r"num_sources=2, got 3 modalities \('a', 'b', 'c'\)"):
        model(prepared(model, data)[0])


def test_observations_are_not_part_of_the_state(make_model):
    model = make_model()
    inputs, _ = prepared(model, batch())
    assert isinstance(inputs['ir'], Observation)
    before = set(model.state_dict())
    model(inputs)
    assert set(model.state_dict()) == before
    assert {k.split('.')[0] for k in before} == {'backbone', 'sampler'}


@pytest.mark.parametrize(('name', 'count'), [
    ('drfusion_unet', 31_773_116 + 3), ('drfusion_unet_official', 31_773_116 + 3), ('drfusion_unet_tiny', 170_654 + 3)])
def test_base_configs_build(repo_dir, name, count):
    config = Config.fromfile(repo_dir / 'configs' / '_base_' / 'models' / f'{name}.py')
    model = MODELS.build(config.model)
    assert isinstance(model, DRFusion)
    assert sum(p.numel() for p in model.parameters()) == count


def test_correlation():
    x = torch.rand(2, 1, 8, 9)
    assert correlation(x, 0.3 + 2 * x).item() == pytest.approx(1, abs=1e-5)
    assert correlation(x, -x).item() == pytest.approx(-1, abs=1e-5)
    assert correlation(x, torch.zeros_like(x)).item() == 0


def test_train_only_freezes_the_rest(make_model):
    model = make_model(train_only=['weight_decoder'])
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert trained and all('weight_decoder' in name for name in trained)
    inputs, samples = prepared(model, batch())
    sum(v for k, v in model(inputs, samples, mode='loss').items() if k.startswith('loss_')).backward()
    assert {name for name, p in model.named_parameters() if p.grad is not None} == trained
    with pytest.raises(ValueError, match="'nothing' is in no parameter name"):
        make_model(train_only=['nothing'])


def test_a_rule_without_weights(make_model, monkeypatch):
    inputs, samples = prepared(model := make_model(losses=dict(fusion=dict(type='QualityFusionLoss'))), batch())
    monkeypatch.setattr(model, '_forward', lambda inputs, whole=model._forward: replace(whole(inputs), weights=None))
    assert {key for key in model.loss(inputs, samples) if 'loss_' not in key} == {'likeness_0', 'likeness_1'}
    assert all('pred_weights' not in sample for sample in model.predict(inputs, samples))
    model.losses['fusion'].weights['smoothness'] = 0.5
    with pytest.raises(ValueError, match='smoothness=0.5 needs fusion weights, got None'):
        model.loss(inputs, samples)
