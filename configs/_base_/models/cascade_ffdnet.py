# A noise-conditioned denoiser (0.49 M parameters) that can be trained, and tested as a restorer of both sources.
model = dict(
    type='CascadeFusion',
    data_preprocessor=dict(type='FusionDataPreprocessor'),
    restorers=dict(type='LearnedDenoiser'),
    fuser='average',
    denoiser=dict(type='FFDNet', channels=64, layers=15))
