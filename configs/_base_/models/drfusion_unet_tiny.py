# A model of the same form for the CPU: 2 halvings, 171 k parameters.
model = dict(
    type='DRFusion',
    data_preprocessor=dict(type='FusionDataPreprocessor'),
    backbone=dict(
        type='DualDecoderUNet',
        num_sources=2,
        base_channels=16,
        channel_multipliers=(1, 2, 2),
        blocks_per_level=1,
        dropout=0.0,
        norm_groups=8,
        time_channels=32),
    sampler=dict(
        type='FusionDDIMSampler',
        num_steps=3,
        schedule=dict(type='AlphaSchedule', mode='learned'),
        correction_scale=dict(type='DDNMPlusScale'),
        init='observation'),
    losses=dict(
        restoration=dict(type='SourceReconLoss', preset='paper'),
        fusion=dict(type='IVFLoss', preset='paper')))
