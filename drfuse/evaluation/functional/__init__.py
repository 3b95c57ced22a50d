"""Fusion metrics as functions of 8-bit luminance, for NumPy arrays and (batched) torch tensors."""

from drfuse.evaluation.functional.artifacts import n_abf
from drfuse.evaluation.functional.catalog import CATALOG, PAPER_METRICS, MetricSpec, Score, measure, metric_specs
from drfuse.evaluation.functional.chen_blum import q_cb
from drfuse.evaluation.functional.chen_varshney import q_cv
from drfuse.evaluation.functional.correlation import cc, scd
from drfuse.evaluation.functional.edge_preservation import q_abf
from drfuse.evaluation.functional.feature_mutual_information import fmi
from drfuse.evaluation.functional.fidelity import fusion_psnr, ms_ssim, psnr, ssim
from drfuse.evaluation.functional.haar import q_m
from drfuse.evaluation.functional.image_statistics import ag, en, sd, sf
from drfuse.evaluation.functional.mutual_information import mi, nmi, q_mi
from drfuse.evaluation.functional.nonlinear_correlation import q_ncie
from drfuse.evaluation.functional.pair import VARIANTS
from drfuse.evaluation.functional.piella import q_e, q_s, q_w
from drfuse.evaluation.functional.spatial_frequency import q_sf
from drfuse.evaluation.functional.structural import q_c, q_y
from drfuse.evaluation.functional.tsallis import q_te
from drfuse.evaluation.functional.visual_information import vif, viff
from drfuse.evaluation.functional.zhao import q_p

__all__ = ['CATALOG', 'PAPER_METRICS', 'VARIANTS', 'MetricSpec', 'Score', 'ag', 'cc', 'en', 'fmi', 'fusion_psnr',
           'measure', 'metric_specs', 'mi', 'ms_ssim', 'n_abf', 'nmi', 'psnr', 'q_abf', 'q_c', 'q_cb', 'q_cv', 'q_e',
           'q_m', 'q_mi', 'q_ncie', 'q_p', 'q_s', 'q_sf', 'q_te', 'q_w', 'q_y', 'scd', 'sd', 'sf', 'ssim', 'vif',
           'viff']
