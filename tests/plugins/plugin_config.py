# Everything of the method comes from the module that custom_imports names; the rest is drfuse's own.
default_scope = 'drfuse'
randomness = dict(seed=0)
custom_imports = dict(imports=['fusion_plugins'])

blur = dict(type='GaussianBlur', kernel_size=5, sigma=1.0, pinv_solver=dict(type='LandweberPinv', steps=5))
dataset = dict(
    type='PairedFusionDataset', degradations=dict(ir=[blur]), embedded=dict(task='ivf', num=4, size=(32, 32)),
    pipeline=[dict(type='LoadModalities'), dict(type='SynthesizeObservations'), dict(type='PackFusionInputs')])
train_dataloader = dict(
    batch_size=2, num_workers=0, dataset=dataset, sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='KeyedBatchSampler', infinite=True))
val_dataloader = dict(batch_size=2, num_workers=0, dataset=dict(test_mode=True, **dataset),
                      sampler=dict(type='DefaultSampler', shuffle=False))
val_evaluator = [dict(type='PSNR')]
val_cfg = dict()
model = dict(type='DRFusion', backbone=dict(type='PointwiseDenoiser'), sampler=dict(type='OneShotSampler'),
             losses=dict(fusion=dict(type='BrightestLoss')))
train_cfg = dict(type='FusionIterTrainLoop', max_iters=60, val_interval=30)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=0.02))
default_hooks = dict(sampler_seed=None, checkpoint=dict(type='FusionCheckpointHook', interval=60, by_epoch=False),
                     logger=dict(type='FusionLoggerHook', interval=5))
custom_hooks = [dict(type='DataSourceHook', check_root=True), dict(type='PlainCheckpointHook'),
                dict(type='CollapseHook'), dict(type='FusionVisualizationHook'), dict(type='TrajectoryHook')]
del blur, dataset
