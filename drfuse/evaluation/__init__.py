"""Fusion and restoration metrics: functions, the form that configs use, and the evaluation of result folders."""

from drfuse.evaluation.metrics import (
    PSNR,
    QABF,
    QCB,
    QMI,
    QNCIE,
    QP,
    QW,
    SSIM,
    FusionMetric,
    FusionMetrics,
    NoReference,
    PerImageMetric,
    RestorationMetric,
)

__all__ = ['PSNR', 'QABF', 'QCB', 'QMI', 'QNCIE', 'QP', 'QW', 'SSIM', 'FusionMetric', 'FusionMetrics',
           'NoReference', 'PerImageMetric', 'RestorationMetric']
