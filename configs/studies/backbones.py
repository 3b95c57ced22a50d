"""Networks of about the same FLOP, and the paper's, in the same sampler: what ships, one network a step, comes first.

``shared`` is one network of the same blocks for all steps, and so are those after it.
"""

_base_ = ['../_base_/study.py']
base, task = 'light/ivf.py', 'ivf'
one = dict(_delete_=True, type='LightUNet', num_sources=2, weight_bands=4, refined_weights=8)
variants = dict(
    shipped=dict(),
    shared=dict(model=dict(backbone=one)),
    plain=dict(model=dict(backbone=dict(
        one, widths=(32, 56, 112), encoder_blocks=(1, 1, 1), decoder_blocks=(1, 1),
        block_kinds=('conv', 'conv', 'dense')))),
    gated=dict(model=dict(backbone=dict(
        one, encoder_blocks=(1, 1, 2), decoder_blocks=(1, 2), block_kinds=('gated', 'gated', 'gated')))),
    large=dict(model=dict(backbone=dict(
        one, encoder_blocks=(1, 1, 1), decoder_blocks=(1, 1), block_kinds=('large', 'large', 'large')))),
    paper=dict(  # its own learning rate and one mask a source; recomputing would only cost time at this crop
        model=dict(
            backbone=dict(
                _delete_=True, type='DualDecoderUNet', num_sources=2, base_channels=64,
                channel_multipliers=(1, 2, 4, 8), blocks_per_level=2, dropout=0.1, norm_groups=32, time_channels=256),
            sampler=dict(fusion=dict(_delete_=True, type='PixelFusion', max_logit=6.0))),
        optim_wrapper=dict(optimizer=dict(lr=1e-4))))
del one
