"""Harvard PET-MRI, noise, without a network: non-local means, then a fusion rule.

Other rules: --cfg-options model.fuser=average (maximum, guided_filter, copy_first, copy_second).
"""

_base_ = ['../drfusion/mif_noise.py']
model = dict(
    _delete_=True,
    type='CascadeFusion',
    restorers=dict(type='NonLocalMeans', strength=0.65, offset=0.5, clip_scale=1.0),
    fuser='laplacian_pyramid')
optim_wrapper = None  # there is nothing to train
train_cfg = None
cpu_twin = None
