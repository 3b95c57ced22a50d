"""Last stage of the infrared-visible light model: only the last step's fusion weights learn, by local quality.

The weaker source may not lose more than it loses in a Laplacian pyramid. The intensity term keeps bright skies bright:
without it, metrics are higher and black skies with a glow around every tree. Clean sources are drawn about as often as
a scenario: there a fusion rule has no better restoration to help it. The average of the weights follows five times as
fast as in the long stages, which would keep half of the weights of the start.
"""

_base_ = ['./ivf_refine.py']
load_from = 'work_dirs/ivf_refine/iter_6000.pth'
train_dataloader = dict(dataset=dict(shared=dict(degradations={
    name: [dict(draw[0], weights=[3, 5, 5, 9, 7, 1])]
    for name, draw in _base_.train_dataloader.dataset.shared.degradations.items()})))
model = dict(
    train_only=['networks.0.weight_'],
    losses=dict(
        _delete_=True,
        fusion=dict(type='QualityFusionLoss', intensity=10.0, gradient=0.0, quality=18.0, edges=16.0, contrast=18.0,
                    phase=30.0, information=4.0, structure=8.0, weaker=1.0, halo=0.0, smoothness=0.5),
        kept=dict(type='SmallerHalfLoss', weight=10.0, margin=0.0)))
optim_wrapper = dict(optimizer=dict(lr=1.5e-3), skip_norm=300.0)
custom_hooks = [*[hook for hook in _base_.custom_hooks if hook['type'] != 'EMAHook'],
                dict(type='EMAHook', momentum=0.01)]
train_cfg = dict(max_iters=1000, val_interval=500)
