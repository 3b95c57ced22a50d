"""A small light model with random weights, and observations to try it on."""

import torch

from drfuse.degradations import Degradation
from drfuse.registry import MODELS
from drfuse.utils.seed import keyed_generator

MODEL = dict(
    type='DRFusion',
    backbone=dict(type='LightUNet', widths=(8, 8, 16), encoder_blocks=(1, 1, 1), emb_channels=16, weight_bands=2,
                  refined_weights=4),
    sampler=dict(type='FusionDDIMSampler', num_steps=1, init='pinv', fused_update='consistent', x0_range=(-0.5, 1.5),
                 smooth_cells=True,
                 correction_scale=dict(type='LearnedScale', num_steps=1, fused=1.0, keep_exact=True),
                 error_std=0.02, noise_floor=0.001,
                 fusion=dict(type='StarletFusion', bands=2, max_logit=6.0)))
LAST = dict(MODEL['backbone'], emb_channels=0, recall=True, weight_votes=(1, 3),
            weight_smoothing=(1, 5))
FIRST = dict(MODEL['backbone'], emb_channels=0, weight_blocks=0, remember=True, refined_weights=0)
STEPWISE = dict(type='StepwiseDenoiser', networks=[LAST, FIRST])
DATA = "test_dataloader = dict(dataset=dict(type='PairedFusionDataset', data_prefix=dict(ir='ir', vis='vis')))\n"
BLUR, NOISE = dict(type='GaussianBlur', sigma=1.5, kernel_size=9), dict(type='GaussianNoise', sigma=0.03)
MOTION, POOL = dict(type='MotionBlur', length=7.0, angle=30.0), dict(type='AveragePool', factor=2)
PAIRS = {'composite': ([BLUR, NOISE, POOL], [BLUR, NOISE], (61, 86)), 'motion': ([MOTION, NOISE], [], (64, 75)),
         'noise': ([NOISE], [NOISE], (50, 97)), 'clean': ([], [], (64, 64)),
         'noise before averages': ([BLUR, NOISE, dict(type='AveragePool', factor=4)], [NOISE], (61, 86)),
         'defocus': ([dict(type='DefocusBlur', radius=2.0)], [dict(type='AveragePool', factor=4)], (49, 66))}
SIZE = (64, 75)
"""That of the graph with a fixed size."""


def build(num_steps=1, stepwise=False, **sampler):
    """Return the model with random weights, so that no part of it does nothing."""
    torch.manual_seed(0)
    scale = dict(MODEL['sampler']['correction_scale'], num_steps=num_steps)
    options = {**MODEL['sampler'], 'num_steps': num_steps, 'correction_scale': scale, **sampler}
    backbone = STEPWISE if stepwise else MODEL['backbone']
    model = MODELS.build({**MODEL, 'backbone': backbone, 'sampler': options}).eval().requires_grad_(False)
    for network in model.backbone.networks if stepwise else [model.backbone]:
        for p in (network.eps_head.weight, network.weight_head.weight, *(network.recall or ()),
                  *(network.weight_votes.parameters() if network.weight_votes else ())):
            torch.nn.init.normal_(p, std=0.05)
    return model


def observe(name):
    """Return observations of a smooth pattern for one of :data:`PAIRS`."""
    *stages, (height, width) = PAIRS[name]
    rows, columns = torch.arange(height)[:, None] / 9, torch.arange(width) / 7
    image = 0.5 + 0.25 * torch.sin(rows) * torch.cos(columns) + 0.2 * (rows + columns > 8)
    return {source: Degradation(own).observe(image[None, None], keyed_generator(0, source))[0]
            for source, own in zip(('ir', 'vis'), stages, strict=True)}
