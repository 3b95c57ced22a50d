"""What the light model does otherwise than the paper, taken back one by one: the first stage of training as it ships,
one mask of pixels, the paper's losses, A^+ of the observation in the correction, y as the start, the joint fused
update.

The network, what it reads, Sigma_t and the number of steps have studies of their own.
"""

_base_ = ['../_base_/study.py']
base, task = 'light/ivf.py', 'ivf'
mask = dict(type='LightUNet', weight_bands=1, emb_channels=0)
early = dict(mask, decoder_blocks=(2, 2), weight_blocks=0, remember=True)
variants = dict(
    shipped=dict(),
    mask=dict(model=dict(
        backbone=dict(networks=[dict(mask, refined_weights=8, recall=True), dict(early, recall=True), early]),
        sampler=dict(fusion=dict(_delete_=True, type='PixelFusion', max_logit=6.0)))),
    paper_losses=dict(  # far larger, and so are their gradients
        model=dict(losses=dict(
            _delete_=True, restoration=dict(type='SourceReconLoss'), fusion=dict(type='IVFLoss'))),
        optim_wrapper=dict(skip_norm=1e6)),
    plain_pinv=dict(model=dict(sampler=dict(error_std=None))),
    start=dict(model=dict(sampler=dict(init='observation'))),
    joint=dict(model=dict(sampler=dict(fused_update='joint'))))
del mask, early
