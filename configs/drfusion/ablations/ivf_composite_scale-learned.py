"""M3FD, composite, with a learned Sigma per step and block."""

_base_ = ['../ivf_composite.py']
model = dict(sampler=dict(correction_scale=dict(_delete_=True, type='LearnedScale', num_steps=3)))
