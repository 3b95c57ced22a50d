"""Harvard PET-MRI, composite, without the joint correction (Table 3): the loop is plain DDIM."""

_base_ = ['../mif_composite.py']
model = dict(sampler=dict(correction_scale=None))
find_unused_parameters = True  # the fusion weights act through the correction only
