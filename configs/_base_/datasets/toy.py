"""Generated infrared-visible pairs in memory: needs no files, and is small enough for a CPU."""

embedded = dict(task='ivf', size=(96, 128))
train_dataset = dict(
    type='PairedFusionDataset',
    split='train',
    crop_size=64,
    embedded=dict(embedded, num=16),
    channels=dict(),
    degradations=dict(),
    pipeline=[
        dict(type='LoadModalities', cache=False),
        dict(type='PairedCrop'),
        dict(type='PairedFlip'),
        dict(type='SynthesizeObservations'),
        dict(type='PackFusionInputs'),
    ])
test_dataset = dict(
    type='PairedFusionDataset',
    split='test',
    embedded=dict(embedded, num=4),
    channels=dict(),
    degradations=dict(),
    test_mode=True,
    pipeline=[
        dict(type='LoadModalities'),
        dict(type='SynthesizeObservations'),
        dict(type='PackFusionInputs'),
    ])

train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='KeyedBatchSampler'),
    dataset=train_dataset)
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=test_dataset)
test_dataloader = val_dataloader
del embedded, train_dataset, test_dataset
