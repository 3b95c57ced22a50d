"""Harvard PET-MRI, blur, small: the same data and method with 1.4 M parameters, for a CPU.

The terms weigh 50 : 1 : 2, not 1 : 10 : 100 as in the paper: a few thousand iterations of the paper's weights leave
restoration behind, and with less SSIM the fused image becomes a copy of the PET (docs/fidelity.md).
"""

_base_ = ['./mif_blur.py']
model = dict(
    backbone=dict(base_channels=32, channel_multipliers=(1, 2, 4), blocks_per_level=1, dropout=0.0, norm_groups=8,
                  time_channels=64, checkpoint_activations=False),
    losses=dict(restoration=dict(weight=50.0), fusion=dict(fusion_weight=1.0, ssim_weight=2.0)))
train_dataloader = dict(batch_size=4, num_workers=1, dataset=dict(crop_size=80))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = dict(_delete_=True, type='CosineAnnealingLR', T_max=None, eta_min=1e-5, by_epoch=False)
train_cfg = dict(_delete_=True, type='FusionIterTrainLoop', max_iters=2200, val_begin=1, val_interval=550)
num_threads = 1  # a small model gains nothing from more, and loses much to any other program
cpu_twin = None
