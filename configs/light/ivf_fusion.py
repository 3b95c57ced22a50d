"""Last stage of the infrared-visible light model: only the branch of fusion weights learns, by local quality.

The weaker source may not lose more than it loses in a Laplacian pyramid.
"""

_base_ = ['./ivf_refine.py']
load_from = 'work_dirs/ivf_refine/iter_6000.pth'
model = dict(
    train_only=['weight_stem', 'weight_chain', 'weight_head'],
    losses=dict(
        _delete_=True,
        fusion=dict(type='QualityFusionLoss', intensity=0.0, gradient=0.0, quality=4.0, edges=4.0, information=2.0,
                    smoothness=0.5),
        kept=dict(type='SmallerHalfLoss', weight=5.0)))
optim_wrapper = dict(optimizer=dict(lr=2e-3))
train_cfg = dict(max_iters=1100, val_interval=1100)
