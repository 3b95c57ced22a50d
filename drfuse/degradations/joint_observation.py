r"""The joint observation of sources and fused image, and the correction that enforces it.

.. math:: \hat y = [y_1, ..., y_M, 0], \quad
          \hat A = \begin{bmatrix} A_1 & & & 0 \\ & \ddots & & \vdots \\ & & A_M & 0 \\
                   -W_1 & \cdots & -W_M & I \end{bmatrix}  \quad \text{(Eqs. 12-13)}

Nothing is ever built as a matrix; sources may differ in size in observation space.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal, NamedTuple, get_args

import torch

from drfuse.degradations.degradation import Observation
from drfuse.degradations.fusion_operators import FusionWeights, PixelWeights
from drfuse.degradations.pinv_solvers.conjugate_gradient import conjugate_gradient, implicit_solve

Projection = Literal['paper', 'exact']
FusedUpdate = Literal['joint', 'sequential', 'consistent']
Scale = torch.Tensor | float


class JointTensor(NamedTuple):
    """[X1, ..., XM, Xf], in image or in observation space.

    Attributes:
        sources: M tensors (B, 1, h_i, w_i).
        fused: (B, 1, H, W).
    """

    sources: tuple[torch.Tensor, ...]
    fused: torch.Tensor

    def pack(self) -> torch.Tensor:
        """Return (B, M + 1, H, W); all sources must have the size of the fused image."""
        return torch.cat([*self.sources, self.fused], 1)

    @staticmethod
    def unpack(x: torch.Tensor) -> JointTensor:
        """Split (B, M + 1, H, W)."""
        *sources, fused = x.split(1, 1)
        return JointTensor(tuple(sources), fused)


class BlockScale(NamedTuple):
    """Correction scale Sigma_t of each block: numbers or tensors broadcastable to (B, 1, H, W).

    Attributes:
        sources: One scale a source.
        fused: Scale of the fused image.
    """

    sources: tuple[Scale, ...]
    fused: Scale


class JointObservation:
    """The joint operator of Eq. 13 for one set of fusion weights.

    Args:
        observations: M >= 2 observations of images of one size (H, W).
        weights: The maps W_i, or masks (B, M, H, W), summing to 1 over M (M = 2: W2 = 1 - W1).

    Raises:
        ValueError: If the numbers or image sizes do not agree.
    """

    def __init__(self, observations: Sequence[Observation], weights: FusionWeights | torch.Tensor) -> None:
        W = PixelWeights(weights) if isinstance(weights, torch.Tensor) else weights
        if W.num_sources != len(observations):
            raise ValueError(f'{len(observations)} observations need as many weight maps, got {W.num_sources}')
        shapes = {o.A.image_shape for o in observations} | {W.image_shape}
        if len(shapes) > 1:
            raise ValueError(f'all sources and weights must describe images of one size, got {sorted(shapes)}')
        self.observations = tuple(observations)
        self.W = W

    @property
    def weights(self) -> torch.Tensor:
        """One weight map a source (B, M, H, W)."""
        return self.W.maps

    @property
    def y(self) -> JointTensor:
        """The joint observation [y1, ..., yM, 0] (Eq. 12)."""
        return JointTensor(tuple(o.y for o in self.observations), torch.zeros_like(self.W.maps[:, :1]))

    def forward(self, x: JointTensor) -> JointTensor:
        """Return A^ x = [A_i x_i, x_f - sum W_i x_i] (Eq. 12)."""
        sources = tuple(o.A.forward(xi) for o, xi in zip(self.observations, x.sources, strict=True))
        return JointTensor(sources, x.fused - self.W.fuse(x.sources))

    def adjoint(self, r: JointTensor) -> JointTensor:
        """Return A^^T r = [A_i^T r_i - W_i^T r_f, r_f]."""
        sources = tuple(o.A.adjoint(ri) - self.W.adjoint(i, r.fused)
                        for i, (o, ri) in enumerate(zip(self.observations, r.sources, strict=True)))
        return JointTensor(sources, r.fused)

    def pinv(self, r: JointTensor) -> JointTensor:
        """Return A^^+ r = [A_i^+ r_i, sum W_i A_i^+ r_i + r_f] (Eqs. 14-15).

        With exact A_i^+ this is a {1,2,3}-inverse, not the Moore-Penrose inverse (errata E3).
        """
        sources = tuple(o.A.pinv(ri) for o, ri in zip(self.observations, r.sources, strict=True))
        return JointTensor(sources, self.W.fuse(sources) + r.fused)

    def residuals(self, sources: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """Return d_i = A_i^+ (A_i x_i - y_i) at full size."""
        return tuple(o.A.pinv(o.A.forward(xi) - o.y) for o, xi in zip(self.observations, sources, strict=True))

    def correct(self, x: JointTensor, scale: BlockScale, projection: Projection = 'paper',
                fused_update: FusedUpdate = 'joint') -> JointTensor:
        """Move x towards the observation: x - Sigma A^^+ (A^ x - y^) (Eq. 19; Eq. 17 for Sigma = I).

        Args:
            x: Estimate [x1, ..., xM, xf] at full size.
            scale: Sigma, per block.
            projection: ``'paper'`` uses Eq. 15; ``'exact'`` the orthogonal projection of Eqs. 7 / 36 (errata E3).
            fused_update: What x_f moves to, sum W_i (x_i - c_i d_i). ``'joint'``: c = 1, Eq. 19 at its word: as noisy
                as A^+ y however small s_i. ``'consistent'``: c_i = s_i, Sigma acting on observations, so that Eq. 11
                holds for the corrected sources. ``'sequential'``: c_i = 2 - s_i, the authors' code (errata B2).
                The last two need projection ``'paper'``.

        Returns:
            The corrected estimate.

        Raises:
            ValueError: For an unknown option, or ``'exact'`` with another update than ``'joint'``.
        """
        if projection not in get_args(Projection):
            raise ValueError(f'projection must be one of {get_args(Projection)}, got {projection!r}')
        if fused_update not in get_args(FusedUpdate):
            raise ValueError(f'fused_update must be one of {get_args(FusedUpdate)}, got {fused_update!r}')
        if projection == 'exact' and fused_update != 'joint':
            raise ValueError(f"fused_update {fused_update!r} needs projection 'paper', got 'exact'")
        d = self.residuals(x.sources)
        if projection == 'exact':
            return self._correct_exactly(x, d, scale)
        sources = tuple(xi - s * di for xi, s, di in zip(x.sources, scale.sources, d, strict=True))
        if fused_update == 'consistent':
            target = self.W.fuse(sources)
        else:
            c = tuple(2 - s if fused_update == 'sequential' else 1.0 for s in scale.sources)
            target = self.W.fuse(tuple(xi - ci * di for xi, ci, di in zip(x.sources, c, d, strict=True)))
        return JointTensor(sources, x.fused - scale.fused * (x.fused - target))

    def _correct_exactly(self, x: JointTensor, d: tuple[torch.Tensor, ...], scale: BlockScale) -> JointTensor:
        """Project orthogonally on A^ x = y^: solve S e = r, S = I + sum W_i N_i W_i^T, N_i = I - A_i^+ A_i.

        For masks the eigenvalues of S lie in [1, 2], so a few conjugate gradient steps suffice.
        """
        z = tuple(xi - di for xi, di in zip(x.sources, d, strict=True))
        e = self._solve(x.fused - self.W.fuse(z))
        null = (self._null(o, self.W.adjoint(i, e)) for i, o in enumerate(self.observations))
        sources = tuple(xi - s * (di - ni)
                        for xi, s, di, ni in zip(x.sources, scale.sources, d, null, strict=True))
        return JointTensor(sources, x.fused - scale.fused * e)

    def _solve(self, r: torch.Tensor) -> torch.Tensor:
        """Return e with S e = r. S is symmetric only where every A_i^+ A_i is; else S^T S e = S^T r is solved."""
        def S(e: torch.Tensor) -> torch.Tensor:
            return e + self.W.fuse([self._null(o, self.W.adjoint(i, e)) for i, o in enumerate(self.observations)])

        def St(v: torch.Tensor) -> torch.Tensor:
            with torch.enable_grad():
                at = torch.zeros_like(v, requires_grad=True)
                return torch.autograd.grad(S(at), at, v)[0]

        def inverse(b: torch.Tensor) -> torch.Tensor:
            return solve(S, b) if symmetric else solve(lambda v: St(S(v)), St(b))

        def adjoint_inverse(g: torch.Tensor) -> torch.Tensor:
            return solve(S, g) if symmetric else solve(lambda v: S(St(v)), S(g))

        solve = partial(conjugate_gradient, max_iter=50, tol=1e-12)
        symmetric = all(o.A.operator.pinv_level == 'moore_penrose' for o in self.observations)
        e = inverse(r)
        return e + implicit_solve(r - S(e), adjoint_inverse) if torch.is_grad_enabled() else e

    @staticmethod
    def _null(observation: Observation, v: torch.Tensor) -> torch.Tensor:
        """Return N v, the part of v that A does not see."""
        return v - observation.A.pinv(observation.A.forward(v))
