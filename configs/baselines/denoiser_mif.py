"""A noise-conditioned denoiser for PET and MRI slices, trained on the images of the light model.

Every sample draws its noise per stored channel; --amp trains in bf16 on a CPU. Validation: variance .003.
"""

_base_ = ['../_base_/models/cascade_ffdnet.py', '../_base_/datasets/mif_mixed.py', '../_base_/schedules/adam_cpu.py',
          '../_base_/default_runtime.py']
noise = dict(type='OneOf', weights=[6, 2, 2], stages=[
    dict(type='GaussianNoise', sigma=sigma) for sigma in ((0.0, 25 / 255), 0.001**0.5, 0.003**0.5)])
stages = [noise, dict(type='Floor')]
val_stages = [dict(type='GaussianNoise', sigma=0.003**0.5), dict(type='Floor')]
train_dataloader = dict(dataset=dict(shared=dict(degradations=dict(pet=stages, mri=stages), mismatch=None)))
val_dataloader = dict(dataset=dict(degradations=dict(pet=val_stages, mri=val_stages)))
test_dataloader = val_dataloader
optim_wrapper = dict(optimizer=dict(lr=5e-4))
train_cfg = dict(max_iters=4000, val_interval=1000)
custom_hooks = [dict(type='DataSourceHook', check_root=True), dict(type='PlainCheckpointHook'),
                dict(type='InterruptHook'), dict(type='EMAHook', momentum=0.002)]
val_evaluator = [dict(type='PSNR'), dict(type='SSIM')]
test_evaluator = val_evaluator
num_threads = 1
del noise, stages, val_stages  # a helper must not look like a setting
