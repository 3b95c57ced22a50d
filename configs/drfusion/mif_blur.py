"""Harvard PET-MRI: the release's recipe, blur. Gaussian blur of 2 pixels on both sources."""

_base_ = ['../_base_/models/drfusion_unet.py', '../_base_/datasets/harvard_petmri.py',
          '../_base_/schedules/adam_100e.py', '../_base_/default_runtime.py']
blur = dict(type='GaussianBlur', sigma=2.0, kernel_size=21, boundary='zero')
floor = dict(type='Floor')
degradations = dict(pet=[blur, floor], mri=[blur, floor])
train_dataloader = dict(dataset=dict(degradations=degradations))
val_dataloader = dict(dataset=dict(degradations=degradations))
test_dataloader = val_dataloader
model = dict(losses=dict(fusion=dict(type='MedicalLoss')))
cpu_twin = 'configs/drfusion/mif_blur_small.py'
del blur, floor, degradations  # a helper must not look like a setting
