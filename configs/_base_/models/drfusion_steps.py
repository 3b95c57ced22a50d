# The light model with a network of its own for each of the three steps. The fused image of a step is read by the next
# one alone, and the last step's is the result: there the branch of fusion weights is worth its work, in the steps
# before it that work goes into restoration.
# The last step's fusion weights read which source is the sharper one within 4, 20 and 92 pixels; those of the steps
# before it rest at 1/2 or near it in the shipped models: the next step alone reads what they fuse, and rounding to
# bfloat16 shows in weights that are decided twice. The mask of the coarsest band is smooth over 6 pixels: else traces
# of JPEG blocks in a dark infrared sky showed as a grid in a fused one.
_base_ = './drfusion_light.py'
shape = dict(type='LightUNet', widths=(32, 64, 128), encoder_blocks=(1, 1, 2), block_kinds=('conv', 'gated', 'gated'),
             weight_bands=5, emb_channels=0)
last = dict(shape, decoder_blocks=(1, 1), weight_blocks=1, refined_weights=8, recall=True, weight_votes=(1, 5, 23),
            weight_smoothing=(1, 1, 1, 1, 3))
first = dict(shape, decoder_blocks=(2, 2), weight_blocks=0, remember=True)
model = dict(
    backbone=dict(_delete_=True, type='StepwiseDenoiser', num_sources=2,
                  networks=[last, dict(first, recall=True), first]),
    sampler=dict(fusion=dict(bands=5), correction_scale=dict(keep_exact=True)))
del shape, last, first
