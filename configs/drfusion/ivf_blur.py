"""M3FD infrared-visible: the release's recipe, blur. Gaussian blur of 2 pixels on both sources."""

_base_ = ['../_base_/models/drfusion_unet.py', '../_base_/datasets/m3fd.py',
          '../_base_/schedules/adam_100e.py', '../_base_/default_runtime.py']
blur = dict(type='GaussianBlur', sigma=2.0, kernel_size=21, boundary='zero')
floor = dict(type='Floor')
degradations = dict(ir=[blur, floor], vis=[blur, floor])
train_dataloader = dict(dataset=dict(degradations=degradations))
val_dataloader = dict(dataset=dict(degradations=degradations))
test_dataloader = val_dataloader
cpu_twin = 'configs/drfusion/ivf_blur_small.py'
del blur, floor, degradations  # a helper must not look like a setting
