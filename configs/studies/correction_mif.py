"""PET-MRI and the like: with the joint correction, and without (plain DDIM); network and first state are alike."""

_base_ = ['../_base_/study.py']
base, task = 'light/mif.py', 'mif'
seeds = [0, 1, 2]
variants = {'with': dict(), 'without': dict(model=dict(sampler=dict(correction_scale=None)))}
