"""Last stage of the model of two steps: the branch of fusion weights, as in `ivf_fusion.py`."""

_base_ = ['./ivf_fusion.py']
load_from = 'work_dirs/ivf_t2/iter_3400.pth'
last, _, first = _base_.model.backbone.networks
model = dict(
    backbone=dict(networks=[dict(last, weight_bands=4, weight_votes=(), weight_smoothing=()),
                            dict(first, weight_bands=4)]),
    sampler=dict(num_steps=2, correction_scale=dict(num_steps=2), fusion=dict(bands=4)))
train_cfg = dict(max_iters=700, val_interval=700)
del last, first, _
