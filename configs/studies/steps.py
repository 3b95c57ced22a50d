"""T = 1..5 reverse steps in the same time: more steps mean fewer iterations. The three that ship come first."""

_base_ = ['../_base_/study.py']
base, task = 'light/ivf.py', 'ivf'
variants = {f'T{steps}': dict(model=dict(sampler=dict(num_steps=steps, correction_scale=dict(num_steps=steps))))
            for steps in (3, 1, 2, 4, 5)}
