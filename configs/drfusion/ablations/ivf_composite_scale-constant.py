"""M3FD, composite, with Sigma = I at every step: Eq. 17 taken literally, so that noise comes back."""

_base_ = ['../ivf_composite.py']
model = dict(sampler=dict(correction_scale=dict(_delete_=True, type='ConstantScale', value=1.0)))
