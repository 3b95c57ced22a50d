import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope

from drfuse.baselines import Bicubic, CascadeFusion, laplacian_pyramid
from drfuse.datasets import PairedFusionDataset
from drfuse.registry import MODELS

NOISE = dict(type='GaussianNoise', sigma=0.05)
FFDNET = dict(type='FFDNet', channels=16, layers=3)


@pytest.fixture
def batch():
    """A batch of two generated pairs, blurred and halved in resolution in the infrared."""
    def batch(*stages):
        init_default_scope('drfuse')
        dataset = PairedFusionDataset(
            embedded=dict(task='ivf', size=(40, 48), num=2), degradations=dict(ir=[NOISE, *stages], vis=[NOISE]),
            pipeline=[dict(type='LoadModalities'), dict(type='SynthesizeObservations'), dict(type='PackFusionInputs')])
        return pseudo_collate([dataset[0], dataset[1]])
    return batch


def prepared(model, batch):
    return model.data_preprocessor(batch, training=False)


def test_predicts_what_restorer_and_rule_say(batch):
    model = MODELS.build(dict(type='CascadeFusion', restorers=dict(type='Bicubic'), fuser='laplacian_pyramid'))
    assert sum(p.numel() for p in model.parameters()) == 0
    data = prepared(model, batch(dict(type='AveragePool', factor=2)))
    samples = model(**data, mode='predict')
    ir, vis = (Bicubic()(o) for o in data['inputs'].values())
    for i, sample in enumerate(samples):
        assert torch.equal(sample.pred_sources, torch.cat([ir[i], vis[i]]))
        torch.testing.assert_close(sample.pred_fused, laplacian_pyramid(ir, vis)[i])
        assert sample.fused_image.shape == (3, 40, 48) and 'pred_weights' not in sample


def test_a_restorer_for_each_source(batch):
    model = CascadeFusion(dict(vis=dict(type='Wiener', weight=100.0), ir=dict(type='Bicubic')), 'copy_first')
    data = prepared(model, batch())
    samples = model(**data, mode='predict')
    assert torch.equal(samples[0].pred_fused, data['inputs']['ir'].y[0].clamp(0, 1))
    with pytest.raises(ValueError, match=r"restorers for \['mri'\], got \('ir', 'vis'\)"):
        CascadeFusion(dict(mri=dict(type='Bicubic')), 'average')(**data, mode='predict')


def test_trains_its_denoiser(batch):
    torch.manual_seed(0)
    model = CascadeFusion(dict(type='LearnedDenoiser'), 'average', FFDNET)
    assert {name.split('.')[0] for name in model.state_dict()} == {'denoiser'}
    data = prepared(model, batch())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(20):
        loss = model(**data, mode='loss')['loss_denoise']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.97 * losses[0]
    noisy, clean = data['inputs']['ir'].y[0], data['data_samples'][0].gt_sources[0]
    restored = model(**data, mode='predict')[0].pred_sources[0]
    assert (restored - clean).square().mean() < (noisy - clean).square().mean()


def test_training_needs_full_resolution_and_a_denoiser(batch):
    model = CascadeFusion(dict(type='LearnedDenoiser'), 'average', FFDNET)
    data = prepared(model, batch())
    with pytest.raises(ValueError, match='nothing to train without a denoiser'):
        CascadeFusion(dict(type='Bicubic'), 'average')(**data, mode='loss')
    both_small = prepared(model, batch())
    for name, observation in both_small['inputs'].items():
        both_small['inputs'][name] = type(observation)(observation.y[..., ::2, ::2], observation.A, observation.sigma)
    with pytest.raises(ValueError, match=r'trained at full resolution, \(40, 48\), got observations of \(20, 24\)'):
        model(**both_small, mode='loss')


def test_a_restorer_without_its_denoiser_is_refused():
    with pytest.raises(ValueError, match='PlugAndPlay needs a denoiser'):
        CascadeFusion(dict(type='PlugAndPlay', init=dict(type='Bicubic')), 'average')
