"""Harvard PET-MRI, noise, small: the same data and method with the light network, for a CPU.

The terms weigh 50 : 1 : 2, not 1 : 10 : 100 as in the paper: a few thousand iterations of the paper's weights leave
restoration behind, and with less SSIM the fused image becomes a copy of the PET (docs/fidelity.md).
"""

_base_ = ['./mif_noise.py']
model = dict(
    backbone=dict(_delete_=True, type='LightUNet', num_sources=2),
    losses=dict(restoration=dict(weight=50.0), fusion=dict(fusion_weight=1.0, ssim_weight=2.0)))
train_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(crop_size=96))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = dict(_delete_=True, type='CosineAnnealingLR', T_max=None, eta_min=1e-5, by_epoch=False)
train_cfg = dict(_delete_=True, type='FusionIterTrainLoop', max_iters=3000, val_begin=1, val_interval=500)
num_threads = 1  # a small model gains nothing from more, and loses much to any other program
cpu_twin = None
