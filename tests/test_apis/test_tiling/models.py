"""Models whose weights are random but not trivial, and degradations."""

import torch

import drfuse.models  # noqa: F401 - registers the model
from drfuse.registry import MODELS

BLUR = dict(type='GaussianBlur', sigma=2.0, kernel_size=21)
DEGRADATIONS = dict(
    noise=([dict(type='GaussianNoise', sigma=0.055)], [dict(type='GaussianNoise', sigma=0.055)]),
    blur=([BLUR], [BLUR]),
    composite=([BLUR, dict(type='GaussianNoise', sigma=0.032), dict(type='AveragePool', factor=4)],
               [BLUR, dict(type='GaussianNoise', sigma=0.032)]))


def random_model(backbone: dict, **sampler) -> torch.nn.Module:
    """Return a model that changes its input visibly: what is 0 or small at the start is drawn larger."""
    torch.manual_seed(0)
    model = MODELS.build(dict(type='DRFusion', backbone=backbone, sampler={**dict(
        type='FusionDDIMSampler', num_steps=3, init='pinv', correction_scale=dict(type='LearnedScale', num_steps=3,
                                                                                  fused=1.0),
        fusion=dict(type='StarletFusion', bands=backbone.get('weight_bands', 1), max_logit=6.0)), **sampler}))
    for name, p in model.backbone.named_parameters():
        if name.endswith(('mix.weight', 'narrow.weight', 'narrow2.weight')):
            p.data.mul_(5)
        elif 'head' in name and name.endswith('weight'):
            torch.nn.init.normal_(p, std=0.15)
    return model.eval()
