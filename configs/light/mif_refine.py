"""Restoration alone of the medical light model, on crops that are mostly head; fusion weights rest.

Small crops of black background count as much as those of tissue in decibels. PET is restored with ease and counts less,
so that the network spends itself on MRI.
"""

_base_ = ['./mif.py']
load_from = 'weights/mif.pth'
model = dict(
    train_only=['.stem', 'encoder', 'down', 'bottom', '.up', 'decoder', 'eps_head', 'recall', 'sampler'],
    losses=dict(_delete_=True, restoration=dict(
        type='SourceReconLoss', norm='psnr', weight=0.05, shares=(0.5, 1.0), gross=5.0)))
train_cfg = dict(max_iters=3600, val_interval=1200)
train_dataloader = dict(batch_size=2, dataset=dict(shared=dict(crop_size=192)))
