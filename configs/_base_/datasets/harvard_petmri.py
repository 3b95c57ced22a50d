"""Harvard PET-MRI: brain slices of 256 x 256."""

data_root = 'data/Harvard/PET-MRI'
embedded = dict(task='mif', data_root=data_root, size=(256, 256))
train_dataset = dict(
    type='HarvardPETMRIDataset',
    data_root=data_root,
    split='train',
    crop_size=256,
    embedded=dict(embedded, num=64),
    channels=dict(),
    degradations=dict(),
    pipeline=[
        dict(type='LoadModalities', cache=True),
        dict(type='PairedCrop'),
        dict(type='PairedFlip'),
        dict(type='SynthesizeObservations'),
        dict(type='PackFusionInputs'),
    ])
test_dataset = dict(
    type='HarvardPETMRIDataset',
    data_root=data_root,
    split='test',
    embedded=dict(embedded, num=8),
    channels=dict(),
    degradations=dict(),
    test_mode=True,
    pipeline=[
        dict(type='LoadModalities'),
        dict(type='SynthesizeObservations'),
        dict(type='PackFusionInputs'),
    ])

train_dataloader = dict(
    batch_size=8,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='KeyedBatchSampler'),
    dataset=train_dataset)
# the set has no validation split: the test split is watched, and nothing is chosen by it
val_dataloader = dict(
    batch_size=1,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=test_dataset)
test_dataloader = val_dataloader
del data_root, embedded, train_dataset, test_dataset
