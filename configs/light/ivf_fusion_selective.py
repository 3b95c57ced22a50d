"""Beside `ivf_fusion.py`: selects the stronger source more decidedly; the mean of both runs' weights is shipped."""

_base_ = ['./ivf_fusion.py']
model = dict(losses=dict(fusion=dict(structure=0.25, weaker=0.0)))
train_cfg = dict(max_iters=800, val_interval=800)
