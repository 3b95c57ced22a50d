"""Last stage of the medical light model: only the branch of fusion weights learns, by local quality."""

_base_ = ['./mif_refine.py']
load_from = 'work_dirs/mif_refine/iter_3600.pth'
model = dict(
    train_only=['weight_stem', 'weight_chain', 'weight_head', 'weight_refine'],
    losses=dict(_delete_=True, fusion=dict(
        type='QualityFusionLoss', intensity=0.0, gradient=0.0, quality=1.0, edges=1.0, information=1.0, structure=0.6,
        smoothness=0.5, weaker=0.5)))
optim_wrapper = dict(optimizer=dict(lr=2e-3))
train_cfg = dict(max_iters=700, val_interval=700)
