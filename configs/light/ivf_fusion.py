"""Last stage of the infrared-visible light model: only the branch of fusion weights learns, by local quality.

The weaker source may not lose more than it loses in a Laplacian pyramid. The intensity term keeps bright skies bright:
without it, metrics are higher and black skies with a glow around every tree. Clean sources are drawn as often as the
scenarios: there a fusion rule has no better restoration to help it.
"""

_base_ = ['./ivf_refine.py']
load_from = 'work_dirs/ivf_refine/iter_6000.pth'
train_dataloader = dict(dataset=dict(shared=dict(degradations={
    name: [dict(draw[0], weights=[4, 6, 4, 6, 6, 2])]
    for name, draw in _base_.train_dataloader.dataset.shared.degradations.items()})))
model = dict(
    train_only=['weight_stem', 'weight_chain', 'weight_head', 'weight_refine'],
    losses=dict(
        _delete_=True,
        fusion=dict(type='QualityFusionLoss', intensity=3.0, gradient=0.0, quality=8.0, edges=4.0, contrast=5.0,
                    information=5.0, halo=0.0, smoothness=0.5),
        kept=dict(type='SmallerHalfLoss', weight=15.0)))
optim_wrapper = dict(optimizer=dict(lr=2e-3))
train_cfg = dict(max_iters=1200, val_interval=1200)
