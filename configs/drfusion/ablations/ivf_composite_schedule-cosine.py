"""M3FD, composite, with a fixed cosine schedule in place of the learned one."""

_base_ = ['../ivf_composite.py']
model = dict(sampler=dict(schedule=dict(mode='cosine')))
