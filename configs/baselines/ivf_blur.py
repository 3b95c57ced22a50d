"""RoadScene infrared-visible, blur, without a network: total variation deconvolution, then a fusion rule.

Other rules: --cfg-options model.fuser=average (maximum, guided_filter, copy_first, copy_second).
"""

_base_ = ['../drfusion/ivf_blur_roadscene.py']
model = dict(
    _delete_=True,
    type='CascadeFusion',
    restorers=dict(type='TVADMM', weight=10.0, offset=0.5),
    fuser='laplacian_pyramid')
optim_wrapper = None  # there is nothing to train
train_cfg = None
cpu_twin = None
