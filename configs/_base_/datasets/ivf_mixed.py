"""Infrared-visible pairs of RoadScene and single images, each source with a random degradation of its own.

Blur, noise and factor are drawn independently, or (18 draws of 28) one of the paper's scenarios exactly, or low
resolution without a blur, which is what interpolated cells start from, or nothing but truncation; in a tenth of the
sources what is told of it is wrong. A single image serves as both sources, one of them with another tone: a stand-in
that trains restoration. Validation: the paper's composite scenario on pairs held back from training.
"""

data_root = 'data'
blur = dict(type='OneOf', weights=[4, 3, 4, 1, 2], stages=[
    [], dict(type='GaussianBlur', sigma=(0.0, 3.0), kernel_size=25),
    dict(type='GaussianBlur', sigma=2.0, kernel_size=21),
    dict(type='GaussianBlur', sigma=2.0, kernel_size=21, boundary='zero'),
    dict(type='MotionBlur', length=(2, 13), angle=(0, 180))])
noise = dict(type='OneOf', weights=[4, 4, 3, 3], stages=[
    dict(type='GaussianNoise', sigma=sigma) for sigma in (0.0, (0.0, 25 / 255), 0.001**0.5, 0.003**0.5)])
pool = dict(type='OneOf', weights=[5, 3, 1], stages=[
    [], dict(type='AveragePool', factor=2), dict(type='AveragePool', factor=4)])
floor = dict(type='Floor')
soft, grain = dict(type='GaussianBlur', sigma=2.0, kernel_size=21), dict(type='GaussianNoise', sigma=0.001**0.5)
coarse = [dict(type='OneOf', weights=[3, 1], stages=[dict(type='AveragePool', factor=f) for f in (2, 4)]), noise, floor]
weights, paper = [5, 4, 7, 7, 1, 4], [[soft, floor], [dict(type='GaussianNoise', sigma=0.003**0.5), floor]]
low = [soft, floor, grain, floor, dict(type='AveragePool', factor=2), floor]
ir = [dict(type='OneOf', weights=weights, stages=[[blur, noise, pool, floor], *paper, low, [floor], coarse])]
vis = [dict(type='OneOf', weights=weights, stages=[[blur, noise, floor], *paper, low[:4], [floor], coarse])]
head = [dict(type='LoadModalities', cache=True), dict(type='PairedCrop', size=192)]
tail = [dict(type='PairedScale', low=0.5, prob=0.5, min_side=128), dict(type='PairedCrop'), dict(type='PairedFlip'),
        dict(type='PairedRot90'), dict(type='SynthesizeObservations'), dict(type='PackFusionInputs')]
tone = dict(type='RandomTone', gain=(0.6, 1.2), gamma=(0.7, 1.6), prob=0.3)
other = dict(type='RandomTone', gamma=(0.5, 2.0), invert=0.5, modalities=['ir'])
train_dataloader = dict(
    batch_size=8, num_workers=1, persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True), batch_sampler=dict(type='KeyedBatchSampler'),
    dataset=dict(
        type='MixedFusionDataset', repeats=[4, 1, 1],
        shared=dict(type='PairedFusionDataset', crop_size=96, degradations=dict(ir=ir, vis=vis),
                    mismatch=dict(factor=(0.0, 1.3))),
        datasets=[
            dict(data_root=data_root, data_prefix=dict(ir='RoadScene/train/ir', vis='RoadScene/train/vi'),
                 ann_file='splits/roadscene_fit.txt', pipeline=[*head, tone, *tail]),
            dict(data_root=data_root, data_prefix=dict(ir='RoadSceneHR/train', vis='RoadSceneHR/train'),
                 ann_file='splits/roadscene_fit.txt', pipeline=[*head, other, *tail]),
            dict(data_root=data_root, data_prefix=dict(ir='BSD400/train', vis='BSD400/train'), channels=dict(vis=3),
                 pipeline=[*head, other, *tail])]))
val_dataloader = dict(
    batch_size=1, num_workers=1, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='PairedFusionDataset', data_root=data_root, test_mode=True, ann_file='splits/roadscene_val.txt',
                 data_prefix=dict(ir='RoadScene/train/ir', vis='RoadScene/train/vi'),
                 degradations=dict(ir=low, vis=low[:4]),
                 pipeline=[dict(type='LoadModalities'), dict(type='SynthesizeObservations'),
                           dict(type='PackFusionInputs')]))
test_dataloader = val_dataloader
del blur, noise, pool, floor, coarse, head, tail, tone, other, soft, grain, weights, paper, low, ir, vis
