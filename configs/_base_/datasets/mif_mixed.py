"""PET-, SPECT- and CT-MRI slices, each source with a random degradation of its own.

Blur, noise and factor are drawn independently, or (16 draws of 27) one of the paper's scenarios exactly, or low
resolution without a blur, which is what interpolated cells start from, or nothing but truncation; in a tenth of the
sources what is told of it is wrong. The emission or CT image takes PET's place. The atlas has its slices on a grid of
two pixels, to whose place the models are trained: crops start at even ones (docs/models/mif.md).
Validation: the paper's composite scenario on blocks of PET-MRI slices held back from training.
"""

data_root = 'data'
blur = dict(type='OneOf', weights=[4, 3, 4, 2], stages=[
    [], dict(type='GaussianBlur', sigma=(0.0, 3.0), kernel_size=25),
    dict(type='GaussianBlur', sigma=2.0, kernel_size=21),
    dict(type='MotionBlur', length=(2, 13), angle=(0, 180))])
noise = dict(type='OneOf', weights=[4, 4, 3, 3], stages=[
    dict(type='GaussianNoise', sigma=sigma) for sigma in (0.0, (0.0, 25 / 255), 0.001**0.5, 0.003**0.5)])
pool = dict(type='OneOf', weights=[5, 3, 1], stages=[
    [], dict(type='AveragePool', factor=2), dict(type='AveragePool', factor=4)])
floor = dict(type='Floor')
soft, grain = dict(type='GaussianBlur', sigma=2.0, kernel_size=21), dict(type='GaussianNoise', sigma=0.001**0.5)
shrunk = dict(type='OneOf', weights=[3, 1], stages=[dict(type='AveragePool', factor=f) for f in (2, 4)])
coarse = [noise, floor, shrunk, floor]  # behind averages, clipped noise would lift black by another amount
weights, paper = [6, 6, 4, 6, 1, 4], [[soft, floor], [dict(type='GaussianNoise', sigma=0.003**0.5), floor]]
low = [soft, floor, grain, floor, dict(type='AveragePool', factor=2), floor]
pet = [dict(type='OneOf', weights=weights, stages=[[blur, noise, pool, floor], *paper, low, [floor], coarse])]
mri = [dict(type='OneOf', weights=weights, stages=[[blur, noise, floor], *paper, low[:4], [floor], coarse])]
head = [dict(type='LoadModalities', cache=True), dict(type='PairedCrop', size=224, multiple=2)]
tail = [dict(type='PairedScale', low=0.5, prob=0.5, min_side=192), dict(type='PairedCrop', multiple=2),
        dict(type='PairedFlip'), dict(type='PairedRot90'), dict(type='SynthesizeObservations'),
        dict(type='PackFusionInputs')]
tone = dict(type='RandomTone', gain=(0.6, 1.2), gamma=(0.7, 1.6), prob=0.3)
train_dataloader = dict(
    batch_size=8, num_workers=1, persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True), batch_sampler=dict(type='KeyedBatchSampler'),
    dataset=dict(
        type='MixedFusionDataset', repeats=[2, 1, 1],
        shared=dict(type='PairedFusionDataset', crop_size=96,
                    degradations=dict(pet=pet, mri=mri), mismatch=dict(factor=(0.0, 1.3)),
                    pipeline=[*head, tone, *tail]),
        datasets=[
            dict(data_root=data_root, ann_file='splits/petmri_fit.txt',
                 data_prefix=dict(pet='Harvard/PET-MRI/train/pet', mri='Harvard/PET-MRI/train/mri')),
            dict(data_root=data_root, ann_file='splits/spectmri_fit.txt',
                 data_prefix=dict(pet='Harvard/SPECT-MRI/train/spect', mri='Harvard/SPECT-MRI/train/mri')),
            dict(data_root=data_root, ann_file='splits/ctmri_fit.txt',
                 data_prefix=dict(pet='Harvard/CT-MRI/train/ct', mri='Harvard/CT-MRI/train/mri'))]))
val_dataloader = dict(
    batch_size=1, num_workers=1, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='PairedFusionDataset', data_root=data_root, test_mode=True, ann_file='splits/petmri_val.txt',
                 data_prefix=dict(pet='Harvard/PET-MRI/train/pet', mri='Harvard/PET-MRI/train/mri'),
                 degradations=dict(pet=low, mri=low[:4]),
                 pipeline=[dict(type='LoadModalities'), dict(type='SynthesizeObservations'),
                           dict(type='PackFusionInputs')]))
test_dataloader = val_dataloader
del blur, noise, pool, floor, shrunk, coarse, head, tail, tone, soft, grain, weights, paper, low, pet, mri
