"""Harvard PET-MRI: the release's recipe, composite.

Blur, noise of variance .001, and x2 low resolution of the first source.
"""

_base_ = ['../_base_/models/drfusion_unet.py', '../_base_/datasets/harvard_petmri.py',
          '../_base_/schedules/adam_100e.py', '../_base_/default_runtime.py']
blur = dict(type='GaussianBlur', sigma=2.0, kernel_size=21, boundary='zero')
noise, floor = dict(type='GaussianNoise', sigma=0.001**0.5), dict(type='Floor')
full = [blur, floor, noise, floor]
degradations = dict(pet=[*full, dict(type='AveragePool', factor=2), floor], mri=full)
train_dataloader = dict(dataset=dict(degradations=degradations))
val_dataloader = dict(dataset=dict(degradations=degradations))
test_dataloader = val_dataloader
model = dict(losses=dict(fusion=dict(type='MedicalLoss')))
cpu_twin = 'configs/drfusion/mif_composite_small.py'
del blur, noise, floor, full, degradations  # a helper must not look like a setting
