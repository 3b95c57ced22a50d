"""What a third party writes: one solver, one loss, one backbone, one sampler; nothing in drfuse knows of them."""

import torch
from mmengine.model import BaseModule
from torch import nn

from drfuse.degradations import PinvSolver
from drfuse.diffusion import FusionOutput
from drfuse.models.backbones import BaseDenoiser, DenoiserOutput
from drfuse.models.losses import FusionLoss
from drfuse.registry import BACKBONES, FUSION_LOSSES, PINV_SOLVERS, SAMPLERS


@PINV_SOLVERS.register_module()
class LandweberPinv(PinvSolver):
    """Fixed-step gradient descent on |A x - y|^2 (L. Landweber, Am. J. Math. 73, 1951)."""

    def __init__(self, steps: int = 50):
        self.steps = steps

    def __call__(self, A, y):
        x = A.adjoint(y)
        for _ in range(self.steps):
            x = x + A.adjoint(y - A.forward(x))
        return x


@FUSION_LOSSES.register_module()
class BrightestLoss(FusionLoss):
    """The fused image shows the brighter of the sources."""

    def terms(self, output, targets):
        return dict(brightest=(output.fused - torch.stack(list(targets)).amax(0)).abs().mean())


@BACKBONES.register_module()
class PointwiseDenoiser(BaseDenoiser):
    """Two 1 x 1 convolutions."""

    receptive_field = 1

    def __init__(self, width: int = 8, num_sources: int = 2):
        super().__init__(num_sources)
        channels = num_sources + 1
        self.layers = nn.Sequential(nn.Conv2d(channels, width, 1), nn.SiLU(), nn.Conv2d(width, 2 * channels - 1, 1))

    def forward_features(self, x, t, cond):
        return DenoiserOutput(*self.layers(x).split([self.num_sources + 1, self.num_sources], 1))


@SAMPLERS.register_module()
class OneShotSampler(BaseModule):
    """No reverse process: A^+ y plus what the network adds, then one weighted mean."""

    def forward(self, denoiser, observations, return_trajectory=False):
        x = torch.cat([o.A.pinv(o.y) for o in observations], 1)
        x = torch.cat([x, x.mean(1, keepdim=True)], 1)
        eps, logits, _ = denoiser(x, x.new_ones(x.shape[0]))
        sources, weights = (x - eps)[:, :-1], logits.softmax(1)
        return FusionOutput(sources.split(1, 1), (weights * sources).sum(1, keepdim=True), weights)
