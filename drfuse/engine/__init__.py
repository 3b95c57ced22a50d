"""The training engine: runner, loops, hooks and optimizer wrappers."""

from drfuse.engine.checkpoint_hooks import FusionCheckpointHook, PlainCheckpointHook
from drfuse.engine.clock_hook import ClockHook
from drfuse.engine.collapse_hook import CollapseHook
from drfuse.engine.data_source_hook import DataSourceHook
from drfuse.engine.interrupt_hook import InterruptHook, TrainingInterrupted
from drfuse.engine.logger_hook import FusionLoggerHook
from drfuse.engine.loops import FusionEpochTrainLoop, FusionIterTrainLoop, FusionValLoop
from drfuse.engine.optim_wrapper import BF16OptimWrapper, FusionOptimWrapper
from drfuse.engine.runner import FusionRunner
from drfuse.engine.save_images_hook import SaveImagesHook
from drfuse.engine.trajectory_hook import TrajectoryHook
from drfuse.engine.visualization_hook import FusionVisualizationHook

__all__ = ['BF16OptimWrapper', 'ClockHook', 'CollapseHook', 'DataSourceHook', 'FusionCheckpointHook',
           'FusionEpochTrainLoop', 'FusionIterTrainLoop', 'FusionLoggerHook', 'FusionOptimWrapper', 'FusionRunner',
           'FusionValLoop', 'FusionVisualizationHook', 'InterruptHook', 'PlainCheckpointHook', 'SaveImagesHook',
           'TrainingInterrupted', 'TrajectoryHook']
