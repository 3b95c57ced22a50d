"""Metrics in the form that configs use."""

from drfuse.evaluation.metrics.base_fusion_metric import FusionMetric
from drfuse.evaluation.metrics.fusion_metrics import QABF, QCB, QMI, QNCIE, QP, QW, FusionMetrics
from drfuse.evaluation.metrics.no_reference import NoReference
from drfuse.evaluation.metrics.per_image_metric import PerImageMetric
from drfuse.evaluation.metrics.restoration_metrics import PSNR, SSIM, RestorationMetric

__all__ = ['PSNR', 'QABF', 'QCB', 'QMI', 'QNCIE', 'QP', 'QW', 'SSIM', 'FusionMetric', 'FusionMetrics',
           'NoReference', 'PerImageMetric', 'RestorationMetric']
