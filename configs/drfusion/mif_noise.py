"""Harvard PET-MRI: the release's recipe, noise. Additive Gaussian noise of variance .003 on both sources."""

_base_ = ['../_base_/models/drfusion_unet.py', '../_base_/datasets/harvard_petmri.py',
          '../_base_/schedules/adam_100e.py', '../_base_/default_runtime.py']
noise, floor = dict(type='GaussianNoise', sigma=0.003**0.5), dict(type='Floor')
degradations = dict(pet=[noise, floor], mri=[noise, floor])
train_dataloader = dict(dataset=dict(degradations=degradations))
val_dataloader = dict(dataset=dict(degradations=degradations))
test_dataloader = val_dataloader
model = dict(losses=dict(fusion=dict(type='MedicalLoss')))
cpu_twin = 'configs/drfusion/mif_noise_small.py'
del noise, floor, degradations  # a helper must not look like a setting
