"""Harvard PET-MRI, noise, small: the same data with the light networks, for a CPU.

Restoration starts from the shipped model of all degradations, the fusion mask from nothing. Learned correction scales,
and restoration weighs samples by PSNR: a few thousand iterations of the paper's weights (1 : 10 : 100) leave
restoration behind, and with less SSIM the fused image copies the PET (docs/fidelity.md). Crops are large, for small
ones of black background would count as much as the brain.
"""

_base_ = ['./mif_noise.py']
load_from = 'weights/mif.pth'
last = dict(type='LightUNet', emb_channels=0)
early = dict(last, decoder_blocks=(2, 2), weight_blocks=0, remember=True)
model = dict(
    backbone=dict(_delete_=True, type='StepwiseDenoiser', num_sources=2,
                  networks=[dict(last, recall=True), dict(early, recall=True), early]),
    sampler=dict(correction_scale=dict(_delete_=True, type='LearnedScale', num_steps=3, fused=1.0), init='pinv',
                 fused_update='consistent', x0_range=(-0.5, 1.5)),
    losses=dict(restoration=dict(norm='psnr', weight=0.1), fusion=dict(fusion_weight=0.2, ssim_weight=2.0)))
train_dataloader = dict(batch_size=2, num_workers=1, dataset=dict(crop_size=192))
optim_wrapper = dict(optimizer=dict(lr=5e-4), clip_grad=dict(_delete_=True, max_norm=1.0))
param_scheduler = dict(_delete_=True, type='CosineAnnealingLR', T_max=None, eta_min=1e-5, by_epoch=False)
train_cfg = dict(_delete_=True, type='FusionIterTrainLoop', max_iters=2600, val_begin=1, val_interval=650)
custom_hooks = [*_base_.custom_hooks, dict(type='EMAHook', momentum=0.002)]
num_threads = 1  # a small model gains nothing from more, and loses much to any other program
cpu_twin = None
del last, early
