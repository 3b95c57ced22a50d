# The visible camera has a wide lens, the infrared one is noisy. Inherits from the installed drfuse by path.
_base_ = [f'{__import__("drfuse.utils.paths").utils.paths.config_root()}/_base_/{part}.py'
          for part in ('models/drfusion_unet_tiny', 'schedules/adam_cpu', 'default_runtime')]
custom_imports = dict(imports=['vignette'])

degradations = dict(ir=[dict(type='GaussianNoise', sigma=0.05)],
                    vis=[dict(type='Vignette', half_view=(20.0, 45.0)), dict(type='GaussianNoise', sigma=0.02)])
pipeline = [dict(type='LoadModalities'), dict(type='SynthesizeObservations'), dict(type='PackFusionInputs')]
dataset = dict(type='PairedFusionDataset', degradations=degradations, pipeline=pipeline)

train_dataloader = dict(
    batch_size=2, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='KeyedBatchSampler', infinite=True),
    dataset=dict(dataset, split='train', embedded=dict(task='ivf', num=16, size=(64, 64))))
val_dataloader = test_dataloader = dict(
    batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(dataset, split='test', test_mode=True, embedded=dict(task='ivf', num=4, size=(64, 64))))
val_evaluator = test_evaluator = [dict(type='PSNR')]
train_cfg = dict(max_iters=20, val_interval=20)
del degradations, pipeline, dataset
