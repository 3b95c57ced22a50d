"""Last stage of the model of one step: the branch of fusion weights, as in `ivf_fusion.py`."""

_base_ = ['./ivf_fusion.py']
load_from = 'work_dirs/ivf_t1/iter_5200.pth'
last, _, _ = _base_.model.backbone.networks
model = dict(
    backbone=dict(networks=[dict(last, recall=False, weight_bands=4, weight_votes=(), weight_smoothing=())]),
    sampler=dict(num_steps=1, correction_scale=dict(num_steps=1), fusion=dict(bands=4)))
train_cfg = dict(max_iters=900, val_interval=900)
del last, _
