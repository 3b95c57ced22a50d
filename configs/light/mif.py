"""PET-MRI and the like, one light model for all degradations; training goes on from the shipped weights."""

_base_ = ['../_base_/models/drfusion_steps.py', '../_base_/datasets/mif_mixed.py', '../_base_/schedules/adam_cpu.py',
          '../_base_/default_runtime.py']
load_from = 'weights/mif.pth'
optim_wrapper = dict(optimizer=dict(lr=6e-4), clip_grad=dict(_delete_=True, max_norm=1.0), skip_norm=200.0)
train_cfg = dict(max_iters=6600, val_interval=1650)
model = dict(losses=dict(fusion=dict(intensity=0.15, gradient=6.0, quality=0.15)))
custom_hooks = [*_base_.custom_hooks, dict(type='EMAHook', momentum=0.002)]
val_evaluator = [dict(type='PSNR'), dict(type='SSIM'), dict(type='FusionMetrics')]
num_threads = 1
