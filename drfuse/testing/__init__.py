"""Test kit for operators and networks written outside the package."""

from drfuse.testing.backbone_contract import check_backbone
from drfuse.testing.dummies import DummyDenoiser, random_image, random_observations
from drfuse.testing.operator_contract import check_operator

__all__ = ['DummyDenoiser', 'check_backbone', 'check_operator', 'random_image', 'random_observations']
