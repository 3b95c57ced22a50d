"""One config of every registered linear operator, and how to draw random ones."""

import torch

from drfuse.degradations import Compose, LinearOperator
from drfuse.registry import DEGRADATIONS

CONFIGS = {
    'identity': dict(type='Identity'),
    'gaussian_reflect': dict(type='GaussianBlur', sigma=(0.3, 2.0), boundary='reflect'),
    'gaussian_zero_large': dict(type='GaussianBlur', sigma=2.0, kernel_size=21, boundary='zero'),
    'gaussian_circular': dict(type='GaussianBlur', sigma=1.0, boundary='circular'),
    'gaussian_anisotropic': dict(type='GaussianBlur', sigma=(1.0, 2.0), sigma2=0.7, angle=(0, 180)),
    'motion': dict(type='MotionBlur', length=(2, 9), angle=(0, 180)),
    'motion_zero': dict(type='MotionBlur', length=5, angle=30, boundary='zero'),
    'defocus': dict(type='DefocusBlur', radius=(0.5, 3)),
    'kernel_odd': dict(type='KernelBlur', kernel=[[0, 1, 2], [3, 4, 5], [1, 0, 1]], normalise=True),
    'kernel_even': dict(type='KernelBlur', kernel=[[1.0, 2.0], [3.0, 4.0]], boundary='zero'),
    'kernel_wide': dict(type='KernelBlur', kernel=[[1.0, 2.0, 3.0, 4.0]] * 14, boundary='circular'),
    'spectral': dict(type='GaussianBlur', sigma=0.7, boundary='circular', pinv_solver=dict(type='SpectralPinv')),
    'conjugate_gradient': dict(type='GaussianBlur', sigma=0.5, boundary='zero', pinv_solver=dict(type='CGPinv')),
    'pool2': dict(type='AveragePool', factor=2),
    'pool3': dict(type='AveragePool', factor=3),
    'pool4_drop': dict(type='AveragePool', factor=4, border='drop'),
    'bicubic': dict(type='BicubicDownsample', factor=2),
    'bicubic_zero': dict(type='BicubicDownsample', factor=3, boundary='zero'),
    'mask': dict(type='RandomMask', keep=(0.3, 0.8)),
    'compose': dict(
        type='Compose', operators=[dict(type='GaussianBlur', sigma=1.0), dict(type='AveragePool', factor=2)]
    ),
    'compose_exact': dict(type='Compose', operators=[dict(type='Identity'), dict(type='AveragePool', factor=2)]),
    'compose_mask': dict(
        type='Compose', operators=[dict(type='AveragePool', factor=2), dict(type='RandomMask', keep=0.5)]
    ),
}

ATOMS = [name for name in CONFIGS if not name.startswith('compose')]


def build(name: str) -> LinearOperator:
    return DEGRADATIONS.build(CONFIGS[name])


def compose(names: list[str]) -> LinearOperator:
    return Compose([build(name) for name in names])


def dense(A, image_shape, dtype=torch.float64) -> torch.Tensor:
    """Return A as a matrix (h w, H W), one column a unit image."""
    height, width = image_shape
    basis = torch.eye(height * width, dtype=dtype).view(-1, 1, height, width)
    return torch.cat([A.forward(unit[None]).reshape(1, -1) for unit in basis]).T
