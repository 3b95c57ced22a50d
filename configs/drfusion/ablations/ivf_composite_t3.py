"""M3FD, composite, T = 3 (Table 5)."""

_base_ = ['../ivf_composite.py']
model = dict(sampler=dict(num_steps=3))
