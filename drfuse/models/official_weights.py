"""Names and conventions of the authors' release, for converting its weights.

Reference: public repository ``YShi-cool/DRFusion``, commit 9954f17. Its network numbers the blocks of all levels
in one list and its step sizes alpha are free numbers; ours groups the blocks by level and bounds alpha to (0, 1).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch

DROPPED_NAMES = ('input_help_scale_factor', 'merge_scale_factor')
"""Parameters of the release that its forward pass never reads."""

ALPHA_NAME = 'alpha'
SCHEDULE_KEY = 'sampler.schedule.raw'

_LEVELS, _BLOCKS = 4, 2
_BLOCK_PARTS = {'conv1.0': 'norm1', 'conv1.2': 'conv1', 'time_emb.1': 'time_proj', 'conv2.0': 'norm2',
                'conv2.3': 'conv2'}
_ATTENTION_PARTS = {'fc1': 'squeeze', 'fc2': 'expand', 'conv': 'spatial'}
_DECODERS = {'eps_decoder': ('upBlock', 'attention_block', 'outBlock'),
             'weight_decoder': ('fusionBlock', 'attention_block_1', 'fusion_outBlock')}


@dataclass(frozen=True)
class OfficialConversion:
    """Result of :func:`convert_official_state_dict`.

    Attributes:
        state_dict: Weights of :class:`drfuse.models.DRFusion`: ``backbone.*`` and ``sampler.schedule.raw``.
        dropped: Names of the release that have no counterpart.
        num_steps: T, the length of the release's alpha.
    """

    state_dict: dict[str, torch.Tensor]
    dropped: tuple[str, ...]
    num_steps: int


def _block_modules(official: str, ours: str, widens: bool) -> Iterator[tuple[str, str]]:
    for theirs, mine in _BLOCK_PARTS.items():
        yield f'{official}.{theirs}', f'{ours}.{mine}'
    if widens:
        yield f'{official}.shortcut', f'{ours}.shortcut'


def _encoder_modules() -> Iterator[tuple[str, str]]:
    position = 0
    for level in range(_LEVELS):
        for block in range(_BLOCKS):
            changes = level > 0 and block == 0
            yield from _block_modules(f'downBlock.{position}.0', f'encoder.{level}.blocks.{block}', changes)
            position += 1
        if level < _LEVELS - 1:
            yield f'downBlock.{position}.0.op', f'encoder.{level}.resample.conv'
            position += 1
    for block in range(2):
        yield from _block_modules(f'middleBlock.{block}.0', f'middle.{block}', False)


def _decoder_modules(ours: str) -> Iterator[tuple[str, str]]:
    blocks, attention, head = _DECODERS[ours]
    position = 0
    for stage in range(_LEVELS):
        for block in range(_BLOCKS):
            changes = stage < _LEVELS - 1 and block == 0
            yield from _block_modules(f'{blocks}.{position}.0', f'{ours}.stages.{stage}.blocks.{block}', changes)
            position += 1
        if stage > 0:
            yield f'{blocks}.{position}.0.op', f'{ours}.stages.{stage}.resample.conv'
            position += 1
    for level in range(_LEVELS):
        for theirs, mine in _ATTENTION_PARTS.items():
            yield f'{attention}.{level}.{theirs}', f'{ours}.attentions.{level}.{mine}'
    yield f'{head}.0', f'{ours}.head.0'
    yield f'{head}.2', f'{ours}.head.2'


def official_name_map() -> dict[str, str]:
    """Return every network parameter of the release with our name of it (``backbone.`` included)."""
    modules = [('time_embed.0', 'time_embedding.mlp.0'), ('time_embed.2', 'time_embedding.mlp.2'),
               ('inBlock', 'stem'), *_encoder_modules()]
    for decoder in _DECODERS:
        modules += _decoder_modules(decoder)
    return {f'unet.{theirs}.{kind}': f'backbone.{mine}.{kind}'
            for theirs, mine in modules for kind in ('weight', 'bias')}


def alpha_to_raw(alpha: torch.Tensor) -> torch.Tensor:
    """Return raw = logit(alpha), so that alpha = sigmoid(raw).

    Args:
        alpha: (T,) step sizes, each in (0, 1); index 0 is t = 1.

    Raises:
        ValueError: ``alpha must lie in (0, 1), got 1.2 at t = 1``.
    """
    if alpha.ndim != 1 or not alpha.numel():
        raise ValueError(f'alpha must be a vector of T >= 1 numbers, got shape {tuple(alpha.shape)}')
    for step, value in enumerate(alpha.tolist(), 1):
        if not 0 < value < 1:
            raise ValueError(f'alpha must lie in (0, 1), got {value:g} at t = {step}')
    return alpha.double().logit().float()


def convert_official_state_dict(state: Mapping[str, torch.Tensor]) -> OfficialConversion:
    """Rename the release's weights to ours.

    Args:
        state: State dict of the release's model, any T.

    Returns:
        Our state dict, and what was dropped. Shapes are checked when the model loads it.

    Raises:
        ValueError: If names are missing or unknown, or alpha leaves (0, 1).
    """
    names = official_name_map()
    expected = {*names, ALPHA_NAME}
    missing = sorted(expected - state.keys())
    unknown = sorted(state.keys() - expected - set(DROPPED_NAMES))
    for what, found in (('lacks', missing), ('has unknown', unknown)):
        if found:
            raise ValueError(f'not a state dict of the release: it {what} {len(found)} names, such as {found[0]!r}')
    converted = {mine: state[theirs].float().clone() for theirs, mine in names.items()}
    converted[SCHEDULE_KEY] = alpha_to_raw(state[ALPHA_NAME])
    dropped = tuple(name for name in DROPPED_NAMES if name in state)
    return OfficialConversion(converted, dropped, state[ALPHA_NAME].numel())
