"""Infrared-visible, one light model for all degradations."""

_base_ = ['../_base_/models/drfusion_steps.py', '../_base_/datasets/ivf_mixed.py', '../_base_/schedules/adam_cpu.py',
          '../_base_/default_runtime.py']
optim_wrapper = dict(optimizer=dict(lr=5e-4), clip_grad=dict(_delete_=True, max_norm=1.0), skip_norm=200.0)
train_cfg = dict(max_iters=9500, val_interval=1900)
model = dict(losses=dict(fusion=dict(intensity=0.15, gradient=6.0, quality=0.15)))
custom_hooks = [*_base_.custom_hooks, dict(type='EMAHook', momentum=0.002)]
val_evaluator = [dict(type='PSNR'), dict(type='SSIM'), dict(type='FusionMetrics')]
num_threads = 1
