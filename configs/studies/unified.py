"""One model for all degradations against one for each scenario, every one with the full time."""

_base_ = ['../_base_/study.py']
base, task = 'light/ivf.py', 'ivf'
floor = dict(type='Floor')
blur = [dict(type='GaussianBlur', sigma=2.0, kernel_size=21), floor]
composite = [*blur, dict(type='GaussianNoise', sigma=0.001**0.5), floor]
recipes = dict(
    noise=dict.fromkeys(('ir', 'vis'), [dict(type='GaussianNoise', sigma=0.003**0.5), floor]),
    blur=dict.fromkeys(('ir', 'vis'), blur),
    composite=dict(ir=[*composite, dict(type='AveragePool', factor=2), floor], vis=composite))
variants = dict(
    unified=dict(),
    **{f'only_{name}': dict(train_dataloader=dict(dataset=dict(shared=dict(degradations=recipe))))
       for name, recipe in recipes.items()})
del floor, blur, composite, recipes
