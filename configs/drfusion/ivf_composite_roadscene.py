"""RoadScene infrared-visible: twin of the M3FD recipe, composite.

Blur, noise of variance .001, and x2 low resolution of the first source.
"""

_base_ = ['../_base_/models/drfusion_unet.py', '../_base_/datasets/roadscene.py',
          '../_base_/schedules/adam_100e.py', '../_base_/default_runtime.py']
blur = dict(type='GaussianBlur', sigma=2.0, kernel_size=21, boundary='reflect')
noise, floor = dict(type='GaussianNoise', sigma=0.001**0.5), dict(type='Floor')
full = [blur, floor, noise, floor]
degradations = dict(ir=[*full, dict(type='AveragePool', factor=2), floor], vis=full)
train_dataloader = dict(dataset=dict(degradations=degradations))
val_dataloader = dict(dataset=dict(degradations=degradations))
test_dataloader = val_dataloader
cpu_twin = 'configs/drfusion/ivf_composite_roadscene_small.py'
del blur, noise, floor, full, degradations  # a helper must not look like a setting
