"""M3FD, composite, with the loss weights and targets of the authors' release (errata B1)."""

_base_ = ['../ivf_composite.py']
model = dict(losses=dict(restoration=dict(preset='official_ivf'), fusion=dict(preset='official')))
