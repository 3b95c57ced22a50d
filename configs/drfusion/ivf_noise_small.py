"""M3FD infrared-visible, noise, small: the same data and method with 0.36 M parameters, for a CPU.

The terms weigh 5 : 5 : 1 as in the release, not as in the paper: a few thousand iterations of the paper's weights
leave restoration behind (docs/fidelity.md).
"""

_base_ = ['./ivf_noise.py']
model = dict(
    backbone=dict(base_channels=16, channel_multipliers=(1, 2, 4), blocks_per_level=1, dropout=0.0, norm_groups=8,
                  time_channels=64, checkpoint_activations=False),
    losses=dict(restoration=dict(weight=5.0), fusion=dict(fusion_weight=5.0, gradient_weight=0.2)))
train_dataloader = dict(batch_size=4, num_workers=1, dataset=dict(crop_size=64))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = dict(_delete_=True, type='CosineAnnealingLR', T_max=None, eta_min=1e-5, by_epoch=False)
train_cfg = dict(_delete_=True, type='FusionIterTrainLoop', max_iters=3000, val_begin=1, val_interval=500)
num_threads = 1  # a small model gains nothing from more, and loses much to any other program
cpu_twin = None
