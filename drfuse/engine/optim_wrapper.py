"""Updates that a bad gradient cannot spoil, and mixed precision that also runs on a CPU."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.optim import OptimWrapper
from torch import nn

from drfuse.registry import OPTIM_WRAPPERS
from drfuse.utils.config import UserError


@OPTIM_WRAPPERS.register_module()
class FusionOptimWrapper(OptimWrapper):
    """Leaves out an update whose gradient is not finite or far too large, and ends a training that has many such ones.

    One infinite gradient makes every weight NaN, and all hours behind it are lost. The norm is that of all gradients
    after the processes have shared them, so that every process decides alike. What was left out is part of the state: a
    resumed training ends where the uninterrupted one does.

    Args:
        skip_norm: Norm above which an update is left out; None = only one that is not finite.
        patience: Updates left out among the last 4 x patience before training ends: weights that give so many have
            left what can be trained.
        **kwargs: As of :class:`mmengine.optim.OptimWrapper`.

    Raises:
        ValueError: If ``skip_norm`` is not positive or ``patience`` below 1.
        UserError: In use, when a quarter of the last updates had no usable gradient.
    """

    def __init__(self, *args: Any, skip_norm: float | None = None, patience: int = 50, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (skip_norm is not None and not skip_norm > 0) or patience < 1:
            raise ValueError(f'{type(self).__name__} needs skip_norm > 0 or None and patience >= 1, got {skip_norm} '
                             f'and {patience}')
        self.skip_norm, self.patience = skip_norm or torch.finfo(torch.float32).max, patience
        self.left_out = 0
        self._recent: deque[bool] = deque(maxlen=4 * patience)

    def step(self, **kwargs: Any) -> None:
        """Update the parameters, or leave them as they are."""
        norm = float(nn.utils.get_total_norm([p.grad for group in self.optimizer.param_groups
                                              for p in group['params'] if p.grad is not None]))
        usable = norm <= self.skip_norm
        self._recent.append(not usable)
        if usable:
            super().step(**kwargs)
            return
        self.left_out += 1
        self.message_hub.update_scalar('train/left_out', self.left_out)
        if sum(self._recent) >= self.patience:
            raise UserError(f'training ended: {sum(self._recent)} of the last {len(self._recent)} gradients were not '
                            f'finite or had a norm above {self.skip_norm:g} (the last {norm:g}); lower '
                            'optim_wrapper.optimizer.lr, or start from an earlier checkpoint')

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the optimizer, and which of the last updates were left out."""
        return dict(super().state_dict(), left_out=self.left_out, recent=list(self._recent))

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take a state up; in one of another wrapper or an older drfuse nothing was left out."""
        state = dict(state_dict)
        self.left_out = int(state.pop('left_out', 0))
        self._recent = deque(map(bool, state.pop('recent', ())), maxlen=self._recent.maxlen)
        super().load_state_dict(state)


@OPTIM_WRAPPERS.register_module()
class BF16OptimWrapper(FusionOptimWrapper):
    """Runs the forward pass under bfloat16 autocast, on a CPU or a GPU; no loss scaling is needed.

    Args are those of :class:`FusionOptimWrapper`.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Autocast on the device of the model."""
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(device, dtype=torch.bfloat16):
            yield
