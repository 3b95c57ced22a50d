"""The demo: generated infrared-visible pairs, composite degradation, a small model, a few minutes on two cores."""

_base_ = ['../_base_/models/drfusion_unet_tiny.py', '../_base_/datasets/toy.py', '../_base_/schedules/adam_cpu.py',
          '../_base_/default_runtime.py']
blur = dict(type='GaussianBlur', sigma=1.5, kernel_size=13)
noise, floor = dict(type='GaussianNoise', sigma=0.003**0.5), dict(type='Floor')
full = [blur, floor, noise, floor]
degradations = dict(ir=[*full, dict(type='AveragePool', factor=2), floor], vis=full)
train_dataloader = dict(batch_size=4, dataset=dict(degradations=degradations, crop_size=48, embedded=dict(num=24)))
val_dataloader = dict(dataset=dict(degradations=degradations, embedded=dict(num=6)))
test_dataloader = val_dataloader
# restoration weighs as much as fusion here: a few hundred iterations are too short for the paper's 1 : 10 : 200
model = dict(losses=dict(restoration=dict(weight=10.0), fusion=dict(fusion_weight=1.0, gradient_weight=0.05)))
optim_wrapper = dict(optimizer=dict(lr=2e-3))
train_cfg = dict(max_iters=900, val_interval=900)
num_threads = 1  # a small model gains nothing from more, and loses much to any other program
del blur, noise, floor, full, degradations  # a helper must not look like a setting
