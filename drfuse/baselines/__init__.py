"""What the method is measured against: restorers of one source, fusion rules, and their combination as a model."""

from drfuse.baselines.cascade_fusion import CascadeFusion
from drfuse.baselines.cascades import Cascade, PlugAndPlay
from drfuse.baselines.denoisers import LearnedDenoiser, NonLocalMeans
from drfuse.baselines.ffdnet import FFDNet
from drfuse.baselines.fusers import (
    average,
    build_fuser,
    copy_first,
    copy_second,
    guided_filter,
    laplacian_pyramid,
    maximum,
)
from drfuse.baselines.linear_restorers import Bicubic, PseudoInverse, Wiener
from drfuse.baselines.restorer import Restorer
from drfuse.baselines.richardson_lucy import RichardsonLucy
from drfuse.baselines.total_variation import TVADMM

__all__ = ['TVADMM', 'Bicubic', 'Cascade', 'CascadeFusion', 'FFDNet', 'LearnedDenoiser', 'NonLocalMeans', 'PlugAndPlay',
           'PseudoInverse', 'Restorer', 'RichardsonLucy', 'Wiener', 'average', 'build_fuser', 'copy_first',
           'copy_second', 'guided_filter', 'laplacian_pyramid', 'maximum']
