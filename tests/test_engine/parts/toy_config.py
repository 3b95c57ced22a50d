custom_imports = dict(imports=['toy_parts'])
default_scope = 'drfuse'
model = dict(type='ToyModel', width=8, dropout=0.5)
train_dataloader = dict(
    batch_size=2, num_workers=0,
    dataset=dict(type='ToyDataset', length=12, data='files', data_root='toy', augment=True),
    sampler=dict(type='DefaultSampler', shuffle=True), batch_sampler=dict(type='KeyedBatchSampler'))
val_dataloader = test_dataloader = dict(
    batch_size=2, num_workers=0,
    dataset=dict(type='ToyDataset', length=5, data='files', data_root='toy', augment=False),
    sampler=dict(type='DefaultSampler', shuffle=False))
val_evaluator = test_evaluator = [dict(type='ToyMetric')]
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-2))
param_scheduler = dict(type='MultiStepLR', milestones=[1, 2], gamma=0.5, by_epoch=True)
train_cfg = dict(type='FusionEpochTrainLoop', max_epochs=4, val_begin=1, val_interval=1)
val_cfg = dict(type='FusionValLoop')
test_cfg = dict()
auto_scale_lr = dict(enable=False, base_batch_size=4)
default_hooks = dict(
    timer=dict(type='IterTimerHook'), logger=dict(type='FusionLoggerHook', interval=5),
    param_scheduler=dict(type='ParamSchedulerHook'), sampler_seed=None,
    checkpoint=dict(type='FusionCheckpointHook', interval=None, by_epoch=None, max_keep_ckpts=2, save_best='toy/value',
                    rule='greater'))
custom_hooks = [dict(type='DataSourceHook', check_root=True), dict(type='PlainCheckpointHook'),
                dict(type='InterruptHook'), dict(type='EMAHook', momentum=0.1)]
randomness = dict(seed=7, deterministic=False)
visualizer = dict(type='FusionVisualizer', vis_backends=[dict(type='LocalVisBackend')])
log_processor = dict(type='LogProcessor', window_size=5)
log_level = 'INFO'
load_from = None
resume = False
find_unused_parameters = False
cpu_twin = None
env_cfg = dict(cudnn_benchmark=False, mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
               dist_cfg=dict(backend='nccl'))
