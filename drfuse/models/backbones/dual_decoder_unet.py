"""The paper's network: one encoder, one decoder for the noise and one for the fusion weights."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.models.backbones.layers import Downsample, ResBlock, SkipAttention, TimeEmbedding, Upsample
from drfuse.registry import BACKBONES

_MIDDLE_BLOCKS = 2
_BYTES_PER_CHANNEL = 48
"""Peak memory per pixel and base channel of the network as trained; stored channels last it takes half of it."""


def _run(blocks: nn.ModuleList, x: torch.Tensor, emb: torch.Tensor, recompute: bool) -> torch.Tensor:
    """Apply residual blocks; ``recompute`` drops their activations and computes them again in backward."""
    for block in blocks:
        x = checkpoint(block, x, emb, use_reentrant=False) if recompute else block(x, emb)
    return x


class _Stage(nn.Module):
    """Residual blocks of one level and the resampling behind them."""

    def __init__(self, blocks: nn.ModuleList, resample: nn.Module) -> None:
        super().__init__()
        self.blocks = blocks
        self.resample = resample

    def forward(self, x: torch.Tensor, emb: torch.Tensor, recompute: bool) -> torch.Tensor:
        return self.resample(_run(self.blocks, x, emb, recompute))


class _Decoder(nn.Module):
    """From the middle features to an image; adds its own attention-weighted skips.

    Stage 0 stays at the coarsest size, every later stage doubles it. Skip k of L + 1 has the width of
    level k; skips L and L - 1 are both at the coarsest size.
    """

    def __init__(self, stages: nn.ModuleList, attentions: nn.ModuleList, head: nn.Sequential) -> None:
        super().__init__()
        self.stages = stages
        self.attentions = attentions
        self.head = head

    def forward(self, x: torch.Tensor, skips: Sequence[torch.Tensor], emb: torch.Tensor,
                recompute: bool) -> torch.Tensor:
        x = x + self.attentions[-1](skips[-1])
        for k, stage in enumerate(self.stages):
            x = stage(x, emb, recompute)
            level = len(skips) - 2 - k
            if level >= 0:
                x = x + self.attentions[level](skips[level])
        return self.head(x)


@BACKBONES.register_module()
class DualDecoderUNet(BaseDenoiser):
    """Time-conditioned U-Net with a shared encoder, a noise decoder and a weight decoder (paper, Fig. 2).

    The text gives no sizes; the defaults are those of the release (31.77 M parameters). The state
    [x1..xM, xf] goes in; ``cond`` is ignored. For M = 2 the weight decoder ends in one channel z and the
    logits are (z, 0), so that their softmax is sigmoid(z), the release's mask of source 1; for M > 2 it
    ends in M channels.

    GroupNorm and the pooling of the attentions span the whole image: the receptive field is global.

    Args:
        num_sources: M >= 2.
        base_channels: Width of level 0.
        channel_multipliers: Width of each level over ``base_channels``; L + 1 >= 2 levels, L halvings.
        blocks_per_level: Residual blocks per level, in encoder and decoders.
        dropout: Dropout probability in every residual block, in [0, 1).
        norm_groups: Groups of every GroupNorm; divides the width of every level.
        time_channels: Length of the time embedding, a multiple of 8; its sinusoidal code is a quarter of it.
        attention_reduction: Reduction of the attentions' MLP.
        zero_init_eps: True starts the last noise convolution at zero, so that an untrained network predicts
            eps = 0; False keeps PyTorch's initialisation, like the release.
        checkpoint_activations: True recomputes the residual blocks in backward: less memory, more time.
        init_cfg: MMEngine initialisation config.

    Shape:
        x: (B, M + 1, H, W), any H and W. Result: eps (B, M + 1, H, W), weight_logits (B, M, H, W).

    Raises:
        ValueError: ``DualDecoderUNet needs norm_groups to divide every width (16, 32), got 24``, and alike.
    """

    def __init__(self, num_sources: int = 2, base_channels: int = 64,
                 channel_multipliers: Sequence[int] = (1, 2, 4, 8), blocks_per_level: int = 2, dropout: float = 0.1,
                 norm_groups: int = 32, time_channels: int = 256, attention_reduction: int = 8,
                 zero_init_eps: bool = True, checkpoint_activations: bool = False,
                 init_cfg: dict | None = None) -> None:
        super().__init__(num_sources, init_cfg)
        widths = tuple(base_channels * m for m in channel_multipliers)
        _check(widths, blocks_per_level, dropout, norm_groups, time_channels, attention_reduction)
        self.widths, self.blocks_per_level, self.dropout = widths, blocks_per_level, dropout
        self.norm_groups, self.time_channels = norm_groups, time_channels
        self.attention_reduction = attention_reduction
        self.checkpoint_activations = checkpoint_activations
        self.size_divisibility = 2 ** (len(widths) - 1)
        self.bytes_per_pixel = _BYTES_PER_CHANNEL * base_channels  # type: ignore[misc]

        self.time_embedding = TimeEmbedding(time_channels // 4, time_channels)
        self.stem = nn.Conv2d(num_sources + 1, widths[0], 3, padding=1)
        self.encoder = self._encoder()
        self.middle = self._blocks(widths[-1], widths[-1], _MIDDLE_BLOCKS)
        self.eps_decoder = self._decoder(num_sources + 1)
        self.weight_decoder = self._decoder(1 if num_sources == 2 else num_sources)
        if zero_init_eps:
            nn.init.zeros_(self.eps_decoder.head[-1].weight)
            nn.init.zeros_(self.eps_decoder.head[-1].bias)

    def forward_features(self, x: torch.Tensor, t: torch.Tensor, cond: StepCondition | None) -> DenoiserOutput:
        """Predict noise and weight logits; both sides of ``x`` are multiples of ``size_divisibility``."""
        recompute = self.checkpoint_activations and torch.is_grad_enabled()
        emb = self.time_embedding(t)
        h, skips = self.stem(x), []
        for stage in self.encoder:
            h = stage(h, emb, recompute)
            skips.append(h)
        h = _run(self.middle, h, emb, recompute)
        eps = self.eps_decoder(h, skips, emb, recompute)
        logits = self.weight_decoder(h, skips, emb, recompute)
        if self.num_sources == 2:
            logits = torch.cat((logits, torch.zeros_like(logits)), 1)
        return DenoiserOutput(eps, logits)

    def for_inference(self, dtype: torch.dtype) -> BaseDenoiser:
        """Return the folded network."""
        from drfuse.models.backbones.folded_unet import FoldedDualDecoderUNet  # noqa: PLC0415 - it reads this class

        return FoldedDualDecoderUNet(self, dtype)

    def _blocks(self, in_channels: int, out_channels: int, count: int) -> nn.ModuleList:
        widths = [in_channels] + [out_channels] * count
        return nn.ModuleList(ResBlock(a, b, self.time_channels, self.norm_groups, self.dropout)
                             for a, b in pairwise(widths))

    def _encoder(self) -> nn.ModuleList:
        stages, last = [], len(self.widths) - 1
        for level, (a, b) in enumerate(pairwise((self.widths[0], *self.widths))):
            resample = Downsample(b) if level < last else nn.Identity()
            stages.append(_Stage(self._blocks(a, b, self.blocks_per_level), resample))
        return nn.ModuleList(stages)

    def _decoder(self, out_channels: int) -> _Decoder:
        widths = self.widths
        stages = []
        for k, (a, b) in enumerate(pairwise((*reversed(widths), widths[0]))):
            resample = Upsample(b) if k else nn.Identity()
            stages.append(_Stage(self._blocks(a, b, self.blocks_per_level), resample))
        attentions = nn.ModuleList(SkipAttention(w, self.attention_reduction) for w in widths)
        head = nn.Sequential(nn.GroupNorm(self.norm_groups, widths[0]), nn.SiLU(),
                             nn.Conv2d(widths[0], out_channels, 3, padding=1))
        return _Decoder(nn.ModuleList(stages), attentions, head)


def _check(widths: tuple[int, ...], blocks_per_level: int, dropout: float,
           norm_groups: int, time_channels: int, attention_reduction: int) -> None:
    """Refuse sizes that cannot work, in one line each."""
    name = DualDecoderUNet.__name__
    if len(widths) < 2 or min(widths) < 1:
        raise ValueError(f'{name} needs at least 2 levels of positive width, got widths {widths}')
    if blocks_per_level < 1:
        raise ValueError(f'{name} needs blocks_per_level >= 1, got {blocks_per_level}')
    if not 0 <= dropout < 1:
        raise ValueError(f'{name} needs 0 <= dropout < 1, got {dropout}')
    if norm_groups < 1 or any(w % norm_groups for w in widths):
        raise ValueError(f'{name} needs norm_groups to divide every width {widths}, got {norm_groups}')
    if time_channels < 8 or time_channels % 8:
        raise ValueError(f'{name} needs time_channels to be a positive multiple of 8, got {time_channels}')
    if attention_reduction < 1:
        raise ValueError(f'{name} needs attention_reduction >= 1, got {attention_reduction}')
