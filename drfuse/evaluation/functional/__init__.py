"""Fusion metrics as functions of 8-bit luminance, for NumPy arrays and (batched) torch tensors."""

from drfuse.evaluation.functional.catalog import CATALOG, PAPER_METRICS, MetricSpec, Score, measure, metric_specs
from drfuse.evaluation.functional.chen_blum import q_cb
from drfuse.evaluation.functional.edge_preservation import q_abf
from drfuse.evaluation.functional.fidelity import psnr, ssim
from drfuse.evaluation.functional.mutual_information import q_mi
from drfuse.evaluation.functional.nonlinear_correlation import q_ncie
from drfuse.evaluation.functional.pair import VARIANTS
from drfuse.evaluation.functional.piella import q_e, q_s, q_w
from drfuse.evaluation.functional.zhao import q_p

__all__ = ['CATALOG', 'PAPER_METRICS', 'VARIANTS', 'MetricSpec', 'Score', 'measure', 'metric_specs', 'psnr', 'q_abf',
           'q_cb', 'q_e', 'q_mi', 'q_ncie', 'q_p', 'q_s', 'q_w', 'ssim']
