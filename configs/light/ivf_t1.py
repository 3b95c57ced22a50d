"""One step instead of three, restoration; it starts from the network of the last step of `ivf`."""

_base_ = ['./ivf_refine.py']
load_from = 'work_dirs/ivf_t1_start.pth'
last, _, _ = _base_.model.backbone.networks
model = dict(
    train_only=[part for part in _base_.model.train_only if part != 'recall'],
    backbone=dict(networks=[dict(last, recall=False, weight_bands=4, weight_votes=(), weight_smoothing=())]),
    sampler=dict(num_steps=1, correction_scale=dict(num_steps=1), fusion=dict(bands=4)))
optim_wrapper = dict(skip_norm=200.0)
train_cfg = dict(max_iters=5200, val_interval=2600)
del last, _
