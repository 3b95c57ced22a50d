"""Harvard PET-MRI, composite, without a network: non-local means, then total variation, then a fusion rule.

Other rules: --cfg-options model.fuser=average (maximum, guided_filter, copy_first, copy_second).
"""

_base_ = ['../drfusion/mif_composite.py']
model = dict(
    _delete_=True,
    type='CascadeFusion',
    restorers=dict(
        type='Cascade', denoise=dict(type='NonLocalMeans', strength=0.5), deblur=dict(type='TVADMM', weight=20.0),
        residual=0.3, offset=1.0),
    fuser='laplacian_pyramid')
optim_wrapper = None  # there is nothing to train
train_cfg = None
cpu_twin = None
