"""M3FD, composite, T = 1 (Table 5)."""

_base_ = ['../ivf_composite.py']
model = dict(sampler=dict(num_steps=1))
