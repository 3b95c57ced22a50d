"""A warm restart of the infrared-visible light model: restoration alone, on larger crops; fusion weights rest."""

_base_ = ['./ivf.py']
load_from = 'work_dirs/ivf/iter_9500.pth'
model = dict(
    train_only=['embedding', 'backbone.stem', 'encoder', 'down', 'bottom', 'backbone.up', 'decoder', 'eps_head',
                'sampler'],
    losses=dict(_delete_=True, restoration=dict(type='SourceReconLoss', norm='psnr', weight=0.05, shares=(1.0, 0.6))))
train_cfg = dict(max_iters=6000, val_interval=1500)
train_dataloader = dict(batch_size=4, dataset=dict(shared=dict(crop_size=128)))
