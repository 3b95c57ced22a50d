"""T = 1..5 reverse steps in the same time: more steps mean fewer iterations. The three that ship come first.

Every step has a network of its own: the last one with the branch of fusion weights, those before it with a block more.
"""

_base_ = ['../_base_/study.py']
base, task = 'light/ivf.py', 'ivf'
last = dict(type='LightUNet', weight_bands=4, refined_weights=8, emb_channels=0)
early = dict(type='LightUNet', weight_bands=4, decoder_blocks=(2, 2), weight_blocks=0, remember=True, emb_channels=0)
told = dict(last, recall=True), dict(early, recall=True), early
networks = {1: [last], **{steps: [told[0], *[told[1]] * (steps - 2), told[2]] for steps in (2, 3, 4, 5)}}
variants = {f'T{steps}': dict(model=dict(
    backbone=dict(networks=networks[steps]),
    sampler=dict(num_steps=steps, correction_scale=dict(num_steps=steps)))) for steps in (3, 1, 2, 4, 5)}
del last, early, told, networks
