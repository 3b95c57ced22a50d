"""Last stage of the infrared-visible light model: only the branch of fusion weights learns, by local quality.

The weaker source may not lose more than it loses in a Laplacian pyramid.
"""

_base_ = ['./ivf_refine.py']
load_from = 'work_dirs/ivf_refine/iter_8600.pth'
model = dict(
    train_only=['weight_stem', 'weight_chain', 'weight_head'],
    losses=dict(
        _delete_=True,
        fusion=dict(type='QualityFusionLoss', intensity=0.0, gradient=0.0, quality=3.0, edges=1.0, information=0.5,
                    structure=0.25, smoothness=0.5),
        kept=dict(type='SmallerHalfLoss', weight=3.0)))
optim_wrapper = dict(optimizer=dict(lr=2e-3))
train_cfg = dict(max_iters=800, val_interval=800)
