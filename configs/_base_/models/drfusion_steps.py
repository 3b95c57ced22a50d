# The light model with a network of its own for each of the three steps. The fused image of a step is read by the next
# one alone, and the last step's is the result: there the branch of fusion weights is worth its work, in the steps
# before it that work goes into restoration.
_base_ = './drfusion_light.py'
shape = dict(type='LightUNet', widths=(32, 64, 128), encoder_blocks=(1, 1, 2), block_kinds=('conv', 'gated', 'gated'),
             weight_bands=4, emb_channels=0)
last = dict(shape, decoder_blocks=(1, 1), weight_blocks=1, refined_weights=8, recall=True)
first = dict(shape, decoder_blocks=(2, 2), weight_blocks=0, remember=True)
model = dict(backbone=dict(_delete_=True, type='StepwiseDenoiser', num_sources=2,
                           networks=[last, dict(first, recall=True), first]))
del shape, last, first
