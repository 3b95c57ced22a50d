# the paper, Sec. 4.1: Adam, learning rate 1e-4, multi-step, 100 epochs, batch size 8
optim_wrapper = dict(
    type='FusionOptimWrapper', optimizer=dict(type='Adam', lr=1e-4), clip_grad=None, accumulative_counts=1)
param_scheduler = dict(type='MultiStepLR', milestones=[10, 20, 30, 40], gamma=0.5, by_epoch=True)
train_cfg = dict(type='FusionEpochTrainLoop', max_epochs=100, val_begin=1, val_interval=5)
val_cfg = dict(type='FusionValLoop')
test_cfg = dict()
auto_scale_lr = dict(enable=False, base_batch_size=8)
