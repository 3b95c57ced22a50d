# a short schedule for one CPU: minutes, not days; T_max=None is the length of the training
optim_wrapper = dict(
    type='FusionOptimWrapper', optimizer=dict(type='Adam', lr=1e-3), clip_grad=None, accumulative_counts=1)
param_scheduler = dict(type='CosineAnnealingLR', T_max=None, eta_min=1e-5, by_epoch=False)
train_cfg = dict(type='FusionIterTrainLoop', max_iters=300, val_begin=1, val_interval=100)
val_cfg = dict(type='FusionValLoop')
test_cfg = dict()
auto_scale_lr = dict(enable=False, base_batch_size=4)
