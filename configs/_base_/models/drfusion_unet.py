# The paper's model: 31.77 M parameters, T = 3, learned step sizes, infrared-visible losses.
model = dict(
    type='DRFusion',
    data_preprocessor=dict(type='FusionDataPreprocessor'),
    backbone=dict(
        type='DualDecoderUNet',
        num_sources=2,
        base_channels=64,
        channel_multipliers=(1, 2, 4, 8),
        blocks_per_level=2,
        dropout=0.1,
        norm_groups=32,
        time_channels=256,
        # recomputed in backward: the same numbers within 20 GiB at patch 256, batch 8
        checkpoint_activations=True),
    sampler=dict(
        type='FusionDDIMSampler',
        num_steps=3,
        schedule=dict(type='AlphaSchedule', mode='learned'),
        correction_scale=dict(type='DDNMPlusScale'),
        init='observation'),
    losses=dict(
        restoration=dict(type='SourceReconLoss', preset='paper'),
        fusion=dict(type='IVFLoss', preset='paper')))
