# The model of steps with five bands. The last step's fusion weights read which source is the sharper one within 4, 20
# and 92 pixels; those of the steps before it rest at 1/2 in the shipped models: the next step alone reads what they
# fuse, and rounding to bfloat16 shows in weights that are decided twice. The mask of the coarsest band is smooth over 6
# pixels: else traces of JPEG blocks in a dark infrared sky showed as a grid in a fused one.
_base_ = './drfusion_steps.py'
last, *first = _base_.model.backbone.networks
model = dict(
    backbone=dict(networks=[dict(last, weight_bands=5, weight_votes=(1, 5, 23),
                                 weight_smoothing=(1, 1, 1, 1, 3)),
                            *[dict(network, weight_bands=5) for network in first]]),
    sampler=dict(fusion=dict(bands=5), correction_scale=dict(keep_exact=True)))
del last, first
