"""M3FD, composite, with the orthogonal projection of Eqs. 7 and 36 in place of Eq. 15 (errata E3)."""

_base_ = ['../ivf_composite.py']
model = dict(sampler=dict(projection='exact'))
