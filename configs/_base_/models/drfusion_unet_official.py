# The choices of the authors' release where they differ from the paper: for its converted weights and to train alike.
# Medical pairs: losses.restoration.preset='official_medical', losses.fusion.type='MedicalLoss'.
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
        checkpoint_activations=True,
        zero_init_eps=False),
    sampler=dict(
        type='FusionDDIMSampler',
        num_steps=3,
        schedule=dict(type='AlphaSchedule', mode='learned'),
        correction_scale=dict(type='DDNMPlusScale', sigma_y=0.03, use_gain=False),
        fused_update='sequential',
        init='observation'),
    losses=dict(
        restoration=dict(type='SourceReconLoss', preset='official_ivf'),
        fusion=dict(type='IVFLoss', preset='official')))
