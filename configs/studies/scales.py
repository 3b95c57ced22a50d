"""Sigma_t of the correction: learned (ships), none, 1, and that of DDNM+; the fused block is corrected in full."""

_base_ = ['../_base_/study.py']
base, task = 'light/ivf.py', 'ivf'
variants = dict(
    learned=dict(),
    none=dict(model=dict(sampler=dict(correction_scale=None))),
    constant=dict(model=dict(sampler=dict(
        correction_scale=dict(_delete_=True, type='ConstantScale', value=1.0, fused=1.0)))),
    ddnm=dict(model=dict(sampler=dict(correction_scale=dict(_delete_=True, type='DDNMPlusScale', fused=1.0)))))
