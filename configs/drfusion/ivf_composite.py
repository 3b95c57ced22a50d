"""M3FD infrared-visible: the release's recipe, composite.

Blur, noise of variance .001, and x4 low resolution of the first source.
"""

_base_ = ['../_base_/models/drfusion_unet.py', '../_base_/datasets/m3fd.py',
          '../_base_/schedules/adam_100e.py', '../_base_/default_runtime.py']
blur = dict(type='GaussianBlur', sigma=2.0, kernel_size=21, boundary='zero')
noise, floor = dict(type='GaussianNoise', sigma=0.001**0.5), dict(type='Floor')
full = [blur, floor, noise, floor]
degradations = dict(ir=[*full, dict(type='AveragePool', factor=4), floor], vis=full)
# three equal infrared channels with independent noise, as the release stores them
train_dataloader = dict(dataset=dict(degradations=degradations, channels=dict(ir=3)))
val_dataloader = dict(dataset=dict(degradations=degradations, channels=dict(ir=3)))
test_dataloader = val_dataloader
cpu_twin = 'configs/drfusion/ivf_composite_small.py'
del blur, noise, floor, full, degradations  # a helper must not look like a setting
