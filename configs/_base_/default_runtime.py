default_scope = 'drfuse'

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='FusionLoggerHook', interval=20),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # the last checkpoint counts: what is watched is the test split, and nothing is chosen by it.
    # None: save as often as validation runs, counting what the training loop counts
    checkpoint=dict(type='FusionCheckpointHook', interval=None, by_epoch=None, max_keep_ckpts=3),
    # the loops set the epoch of the sampler themselves
    sampler_seed=None)
custom_hooks = [
    dict(type='DataSourceHook', check_root=True),
    dict(type='PlainCheckpointHook'),
    dict(type='InterruptHook'),
    dict(type='CollapseHook', interval=100),
    dict(type='FusionVisualizationHook', num_samples=2, interval=1),
    dict(type='TrajectoryHook', num_samples=1, interval=1)]

# during training: cheap, and enough to see a collapse; at the end: the paper's six as well
val_evaluator = [dict(type='PSNR'), dict(type='SSIM'), dict(type='QABF')]
test_evaluator = [dict(type='PSNR'), dict(type='SSIM'), dict(type='FusionMetrics')]

env_cfg = dict(cudnn_benchmark=False, mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
               dist_cfg=dict(backend='nccl'))
randomness = dict(seed=2025, deterministic=False)
# TensorBoard is left out where it is not installed
visualizer = dict(type='FusionVisualizer', vis_backends=[dict(type='LocalVisBackend'),
                                                         dict(type='TensorboardVisBackend')])
log_processor = dict(type='LogProcessor', window_size=20)
log_level = 'INFO'
work_dir = None
load_from = None
resume = False
find_unused_parameters = False
# CPU threads of each process; None = as many as torch chooses
num_threads = None
# True, or options of torch.compile as dict(_delete_=True, ...): the network is compiled for training
compile = False
# a small config of the same task for machines without a GPU
cpu_twin = None
