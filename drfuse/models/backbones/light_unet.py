"""A U-Net for the CPU: few parameters, a finite receptive field, and eyes for what is known of the degradation."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.models.backbones.layers import TimeEmbedding
from drfuse.models.backbones.light_blocks import BLOCKS, BlockChain, smooth_bands
from drfuse.models.backbones.saliency import SaliencyVotes
from drfuse.registry import BACKBONES

SIGMA_UNIT = 0.1
"""Noise levels are divided by it, so that usual ones come near 1."""


def pixel_norm(x: torch.Tensor) -> torch.Tensor:
    """Return x (B, C, H, W) over sqrt(1 + |x|^2 / C) of each pixel.

    Between steps images are clipped; so bounded, neither can features grow from step to step. Unbounded ones did, and
    training met NaN.
    """
    return x * torch.rsqrt(1 + torch.linalg.vector_norm(x, dim=1, keepdim=True).square() / x.shape[1])


class WeightRefine(nn.Module):
    """Adds to logits at 1/4 of the resolution, enlarged to 1/2, what the features of both levels say there.

    Args:
        channels: Of the hidden layer.
        fine: Channels of the features at 1/2.
        middle: Channels of the features at 1/4.
        logits: Channels of the logits.
    """

    def __init__(self, channels: int, fine: int, middle: int, logits: int) -> None:
        super().__init__()
        self.fine, self.middle = nn.Conv2d(fine, channels, 3, padding=1), nn.Conv2d(middle, 4 * channels, 1)
        self.head = nn.Conv2d(channels, logits, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, logits: torch.Tensor, middle: torch.Tensor, fine: torch.Tensor) -> torch.Tensor:
        """Return logits at 1/2."""
        hidden = F.relu(self.fine(fine) + F.pixel_shuffle(self.middle(middle), 2))
        return F.interpolate(logits, scale_factor=2, mode='bilinear') + self.head(hidden).float()


@BACKBONES.register_module()
class LightUNet(BaseDenoiser):
    """Noise and fusion weights from the state and from A^+ y, A^+ (A x - y) and the noise level.

    Pixels are unshuffled 2 x 2, then an encoder and a decoder of three levels with added skips. The noise is predicted
    at the finest level, the fusion weights by a small branch of their own at the second, refined at the finest where
    ``refined_weights`` says so. Nothing pools or normalises over the image.

    Args:
        num_sources: M.
        widths: Channels of the three levels, at 1/2, 1/4 and 1/8 of the resolution.
        encoder_blocks: Blocks of each level on the way down; the last is the bottom.
        decoder_blocks: Blocks of the first two levels on the way up.
        block_kinds: Kind of each level's blocks: ``conv``, ``gated``, ``dense`` or ``large``.
        weight_blocks: ``conv`` blocks of the branch of fusion weights; 0 = no branch, weights are read off the features
            at 1/4 of the resolution.
        weight_bands: K, bands of the fusion rule; 1 for a plain mask.
        recall: Add features of the step before, where it left some, to those at 1/2 and 1/4; a learned gain for every
            channel starts at 0. Deep features then pass from step to step, not their images alone.
        remember: Leave the features at 1/2 and 1/4 of the decoder for the next step, see :func:`pixel_norm`.
        refined_weights: Channels of the layers that refine the fusion weights at 1/2 of the resolution; 0 = none.
        weight_votes: Windows, in cells of 4 x 4 pixels, of the votes by saliency that the weight branch reads,
            see :class:`~drfuse.models.backbones.saliency.SaliencyVotes`; none = no votes.
        weight_smoothing: One odd side a band, from fine to coarse, of the box that its logits are averaged over, in
            pixels of the logits (2 of the image where ``refined_weights``, else 4); none = no averages. A mask that
            varies faster than its band shows in flat areas as a grid.
        emb_channels: Length of the step's embedding; 0 = the network is not told of the step, see
            :class:`~drfuse.models.backbones.StepwiseDenoiser`.
        init_cfg: MMEngine initialisation config.

    Shape:
        x: (B, M + 1, H, W), any H and W. Result: eps (B, M + 1, H, W), weight_logits (B, M K, H, W).

    Raises:
        ValueError: If numbers of levels disagree, a kind is unknown or a number too small.
    """

    size_divisibility = 8
    uses_condition = True
    bytes_per_pixel = 512

    def __init__(self, num_sources: int = 2,  # noqa: PLR0913 - one argument per config key
                 widths: Sequence[int] = (32, 64, 128),
                 encoder_blocks: Sequence[int] = (1, 1, 2), decoder_blocks: Sequence[int] = (1, 1),
                 block_kinds: Sequence[str] = ('conv', 'gated', 'gated'), weight_blocks: int = 1,
                 weight_bands: int = 1, refined_weights: int = 0, recall: bool = False, remember: bool = False,
                 weight_votes: Sequence[int] = (), weight_smoothing: Sequence[int] = (),
                 emb_channels: int = 64, init_cfg: dict | None = None) -> None:
        super().__init__(num_sources, init_cfg)
        _check(widths, encoder_blocks, decoder_blocks, block_kinds, weight_bands, refined_weights)
        if weight_smoothing and (len(weight_smoothing) != weight_bands or any(s < 1 or s % 2 == 0
                                                                              for s in weight_smoothing)):
            raise ValueError(f'LightUNet weight_smoothing needs {weight_bands} odd sides, one a band, got '
                             f'{tuple(weight_smoothing)}')
        self.weight_smoothing = tuple(weight_smoothing)
        self.weight_bands = weight_bands
        self.time_embedding = TimeEmbedding(32, emb_channels) if emb_channels else None
        fine, middle, bottom = widths
        inputs = 4 * (num_sources + 1 + 3 * num_sources)
        self.stem = nn.Conv2d(inputs, fine, 1)
        encoder = [BlockChain(kind, count, width, emb_channels)
                   for kind, count, width in zip(block_kinds, encoder_blocks, widths, strict=True)]
        self.encoder1, self.encoder2, self.bottom = encoder
        self.down1, self.down2 = nn.Conv2d(fine, middle, 2, stride=2), nn.Conv2d(middle, bottom, 2, stride=2)
        self.up2, self.up1 = nn.Conv2d(bottom, 4 * middle, 1), nn.Conv2d(middle, 4 * fine, 1)
        self.decoder1, self.decoder2 = (BlockChain(kind, count, width, emb_channels) for kind, count, width
                                        in zip(block_kinds, decoder_blocks, (fine, middle), strict=False))
        self.eps_head = nn.Conv2d(fine, 4 * (num_sources + 1), 3, padding=1)
        self.weight_stem = nn.Conv2d(fine, middle, 2, stride=2) if weight_blocks else None
        self.weight_chain = BlockChain('conv', weight_blocks, middle, emb_channels)
        logits = weight_bands * (1 if num_sources == 2 else num_sources)
        self.weight_head = nn.Conv2d(middle, logits, 3, padding=1)
        self.weight_refine = WeightRefine(refined_weights, fine, middle, logits) if refined_weights else None
        if weight_votes and num_sources != 2:
            raise ValueError(f'LightUNet weight_votes={tuple(weight_votes)} are for 2 sources, got {num_sources}')
        self.weight_votes = SaliencyVotes(weight_votes, middle, logits) if weight_votes else None
        self.remember = remember
        self.recall = nn.ParameterList(torch.zeros(c, 1, 1) for c in (fine, middle)) if recall else None
        for head in (self.eps_head, self.weight_head):  # an untrained step returns its input, weights start balanced
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
        self.receptive_field = 2 * self._reach() + 1

    def forward_features(self, x: torch.Tensor, t: torch.Tensor, cond: StepCondition | None) -> DenoiserOutput:
        """Predict noise and weight logits; both sides of ``x`` are multiples of 8."""
        emb = None if self.time_embedding is None else self.time_embedding(t)
        known = torch.cat((x, cond.pinv, cond.residual, cond.sigma / SIGMA_UNIT), 1)
        # channels last suits the convolutions of every backend from here on
        fine = self.stem(F.pixel_unshuffle(known, 2).contiguous(memory_format=torch.channels_last))
        fine = self.encoder1(self._recalled(0, fine, cond), emb)
        middle = self.encoder2(self._recalled(1, self.down1(fine), cond), emb)
        bottom = self.bottom(self.down2(middle), emb)
        middle = self.decoder2(middle + F.pixel_shuffle(self.up2(bottom), 2), emb)
        fine = self.decoder1(fine + F.pixel_shuffle(self.up1(middle), 2), emb)
        eps = F.pixel_shuffle(self.eps_head(fine), 2)
        memory = (pixel_norm(fine), pixel_norm(middle)) if self.remember else None
        votes = None if self.weight_votes is None else self.weight_votes(x, eps, cond)
        return DenoiserOutput(eps, self._weight_logits(fine, middle, votes, emb), memory)

    def logit_layers(self) -> list[nn.Module]:
        """Return the layers whose sum the weight logits are: with all of them at 0 every source counts alike."""
        refined, voted = (part.head if part is not None else None for part in (self.weight_refine, self.weight_votes))
        return [layer for layer in (self.weight_head, refined, voted) if layer is not None]

    def for_inference(self, dtype: torch.dtype) -> BaseDenoiser:
        """Return the folded network."""
        from drfuse.models.backbones.folded_light_unet import FoldedLightUNet  # noqa: PLC0415 - it reads this class

        return FoldedLightUNet(self, dtype)

    def _recalled(self, level: int, x: torch.Tensor, cond: StepCondition) -> torch.Tensor:
        """Add what the step before left at a level."""
        if self.recall is None or cond.memory is None:
            return x
        return torch.addcmul(x, cond.memory[level].to(x.dtype), self.recall[level].to(x.dtype))

    def _weight_logits(self, fine: torch.Tensor, middle: torch.Tensor, votes: torch.Tensor | None,
                       emb: torch.Tensor | None) -> torch.Tensor:
        """Return (B, M K, H, W) from features at 1/2 and 1/4; bilinear enlargement keeps the masks free of a grid."""
        if self.weight_stem is not None:
            middle = middle + self.weight_stem(fine)
        if votes is not None:
            middle = middle + self.weight_votes.stem(votes)
        features = self.weight_chain(middle, emb)
        logits, factor = self.weight_head(features).float(), 4
        if votes is not None:
            logits = logits + self.weight_votes.head(votes).float()
        if self.weight_refine is not None:
            logits, factor = self.weight_refine(logits, features, fine), 2
        logits = F.interpolate(smooth_bands(logits, self.weight_smoothing), scale_factor=factor, mode='bilinear')
        if self.num_sources > 2:
            return logits
        return torch.cat((logits, torch.zeros_like(logits)), 1)

    def _reach(self) -> int:
        """Return how many pixels to each side the outputs depend on, in the worst phase of the strides."""
        bottom = 8 * self.bottom.reach
        middle = 4 * (self.encoder2.reach + self.decoder2.reach)
        fine = 2 * (self.encoder1.reach + self.decoder1.reach)
        eps = fine + middle + bottom + 2 + 7
        # one block of the head, and bilinear enlargement reaches one pixel of 1/4, then of 1/2, further
        refined = 2 if self.weight_refine is not None else 0
        smoothed = (2 if refined else 4) * (max(self.weight_smoothing, default=1) // 2)
        branch = 4 * (self.weight_chain.reach + 1 + 1) + refined + smoothed
        weights = fine + middle + bottom + branch + 7
        return max(eps, weights, 0 if self.weight_votes is None else eps + self.weight_votes.reach + branch + 3)


def _check(widths: Sequence[int], encoder_blocks: Sequence[int], decoder_blocks: Sequence[int],
           block_kinds: Sequence[str], weight_bands: int, refined_weights: int) -> None:
    """Refuse what cannot work, in one line each."""
    name = LightUNet.__name__
    if not len(widths) == len(encoder_blocks) == len(block_kinds) == 3 or len(decoder_blocks) != 2:
        raise ValueError(f'{name} has 3 levels and 2 on the way up, got widths {tuple(widths)}, encoder_blocks '
                         f'{tuple(encoder_blocks)}, decoder_blocks {tuple(decoder_blocks)}, block_kinds '
                         f'{tuple(block_kinds)}')
    if min(widths) < 1 or min(*encoder_blocks, *decoder_blocks) < 0 or weight_bands < 1 or refined_weights < 0:
        raise ValueError(f'{name} needs positive widths and weight_bands, block counts and refined_weights >= 0, got '
                         f'{tuple(widths)}, {weight_bands}, {tuple(encoder_blocks)}, {tuple(decoder_blocks)} and '
                         f'{refined_weights}')
    for kind in block_kinds:
        if kind not in BLOCKS:
            raise ValueError(f'{name} block_kinds must be of {tuple(BLOCKS)}, got {kind!r}')
