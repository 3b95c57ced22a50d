"""RoadScene infrared-visible: twin of the M3FD recipe, noise.

Additive Gaussian noise of variance .003 on both sources.
"""

_base_ = ['../_base_/models/drfusion_unet.py', '../_base_/datasets/roadscene.py',
          '../_base_/schedules/adam_100e.py', '../_base_/default_runtime.py']
noise, floor = dict(type='GaussianNoise', sigma=0.003**0.5), dict(type='Floor')
degradations = dict(ir=[noise, floor], vis=[noise, floor])
train_dataloader = dict(dataset=dict(degradations=degradations))
val_dataloader = dict(dataset=dict(degradations=degradations))
test_dataloader = val_dataloader
cpu_twin = 'configs/drfusion/ivf_noise_roadscene_small.py'
del noise, floor, degradations  # a helper must not look like a setting
