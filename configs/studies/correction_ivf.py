"""Infrared-visible: with the joint correction, and without (plain DDIM); network, inputs and first state are alike."""

_base_ = ['../_base_/study.py']
base, task = 'light/ivf.py', 'ivf'
seeds = [0, 1, 2]
variants = {'with': dict(), 'without': dict(model=dict(sampler=dict(correction_scale=None)))}
