"""A warm restart of the infrared-visible light model: restoration alone, on larger crops; fusion weights rest."""

_base_ = ['./ivf.py']
load_from = 'work_dirs/ivf/iter_9500.pth'
model = dict(
    train_only=['.stem', 'encoder', 'down', 'bottom', '.up', 'decoder', 'eps_head', 'recall', 'sampler'],
    losses=dict(_delete_=True, restoration=dict(
        type='SourceReconLoss', norm='psnr', weight=0.05, shares=(1.0, 0.8), gross=5.0)))
optim_wrapper = dict(optimizer=dict(lr=4e-4), skip_norm=40.0)
train_cfg = dict(max_iters=6000, val_interval=1500)
train_dataloader = dict(batch_size=4, dataset=dict(shared=dict(crop_size=128)))
