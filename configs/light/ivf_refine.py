"""A warm restart of the infrared-visible light model: the same losses and data at half the learning rate."""

_base_ = ['./ivf.py']
load_from = 'work_dirs/ivf/iter_9500.pth'
optim_wrapper = dict(optimizer=dict(lr=4e-4))
train_cfg = dict(max_iters=1400, val_interval=1400)
