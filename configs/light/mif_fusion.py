"""Last stage of the medical light model: only the last step's fusion weights learn, by local quality.

The weaker source has to keep more than it keeps in a Laplacian pyramid: else the emission image is copied where it is
strong, which metrics like, and ventricles and folds of the MRI are lost. Clean slices are drawn more often than in the
long stages: there a fusion rule has no better restoration to help it. The average of the weights follows fast, as in
`ivf_fusion.py`.
"""

_base_ = ['./mif_refine.py']
load_from = 'work_dirs/mif_refine/iter_3600.pth'
train_dataloader = dict(dataset=dict(shared=dict(degradations={
    name: [dict(draw[0], weights=[3, 5, 6, 5, 7, 2])]
    for name, draw in _base_.train_dataloader.dataset.shared.degradations.items()})))
model = dict(
    train_only=['networks.0.weight_'],
    losses=dict(
        _delete_=True,
        fusion=dict(type='QualityFusionLoss', intensity=0.0, gradient=0.0, quality=16.0, edges=22.0, contrast=6.0,
                    phase=5.0, information=2.0, structure=4.0, smoothness=0.5, weaker=0.5),
        kept=dict(type='SmallerHalfLoss', weight=15.0, margin=0.03)))
optim_wrapper = dict(optimizer=dict(lr=1.5e-3), skip_norm=300.0)
custom_hooks = [*[hook for hook in _base_.custom_hooks if hook['type'] != 'EMAHook'],
                dict(type='EMAHook', momentum=0.01)]
train_cfg = dict(max_iters=400, val_interval=400)
