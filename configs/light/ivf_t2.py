"""Two steps instead of three, restoration; it starts from the networks of the last and the first step of `ivf`."""

_base_ = ['./ivf_refine.py']
load_from = 'work_dirs/ivf_t2_start.pth'
last, _, first = _base_.model.backbone.networks
model = dict(
    backbone=dict(networks=[dict(last, weight_bands=4, weight_votes=(), weight_smoothing=()),
                            dict(first, weight_bands=4)]),
    sampler=dict(num_steps=2, correction_scale=dict(num_steps=2), fusion=dict(bands=4)))
optim_wrapper = dict(skip_norm=200.0)
train_cfg = dict(max_iters=3400, val_interval=1700)
del last, first, _
