"""The output carries no trajectory unless asked for."""

import torch

from drfuse.diffusion import FusionOutput


def test_trajectories_are_not_shared():
    a, b = (FusionOutput((torch.zeros(1),), torch.zeros(1), torch.zeros(1)) for _ in range(2))
    a.trajectory.append(1)
    assert b.trajectory == []
