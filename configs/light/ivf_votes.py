"""Infrared-visible, fusion weights that are told which source is the sharper one around every place: their training.

Else it is `ivf`: only its branch of fusion weights learns on, with five bands, votes within 4, 20 and 92 pixels as in
fusion by guided filtering, and a term of Q_P. It fuses better by the metrics of tables, and is not what `--model ivf`
loads for one reason: its masks are so decided that rounding to bfloat16 shows in them, and without it is slower.

The average of the weights follows five times as fast as in the long stages: with 0.002, half of what is published after
400 iterations are the weights of the start.
"""

_base_ = ['./ivf_fusion.py']
load_from = 'work_dirs/ivf_votes_start.pth'
last, *first = _base_.model.backbone.networks
model = dict(
    train_only=[*_base_.model.train_only, 'weight_votes'],
    backbone=dict(networks=[dict(last, weight_bands=5, weight_votes=(1, 5, 23)),
                            *[dict(network, weight_bands=5) for network in first]]),
    sampler=dict(fusion=dict(bands=5)),
    losses=dict(
        fusion=dict(quality=12.0, edges=8.0, contrast=12.0, phase=16.0, information=9.0), kept=dict(weight=25.0)))
optim_wrapper = dict(optimizer=dict(lr=3e-3), skip_norm=300.0)
custom_hooks = [*[hook for hook in _base_.custom_hooks if hook['type'] != 'EMAHook'],
                dict(type='EMAHook', momentum=0.01)]
train_cfg = dict(max_iters=1800, val_interval=1800)
del last, first
