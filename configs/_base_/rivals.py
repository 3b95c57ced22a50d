# What compare_methods.py tries: a restorer, its settings in the order of their search, and where.
# Truncation to 8 bits lowers every value by half a level (offset), clipped noise lifts black (clip_scale).
offset, clip = (0.0, 0.5, 1.0, 1.5), (0.0, 1.0, 1.5, 3.0, 4.0)
denoiser = dict(type='LearnedDenoiser')
tv = dict(type='TVADMM', weight=20.0)
nlm = dict(type='NonLocalMeans', strength=0.8)
families = dict(
    bicubic=dict(restorer=dict(type='Bicubic'), search=dict(offset=offset, clip_scale=clip),
                 scenarios=('noise', 'blur', 'composite', 'clean')),
    pseudoinverse=dict(restorer=dict(type='PseudoInverse', gamma=0.01),
                       search=dict(gamma=(1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1), offset=offset),
                       scenarios=('blur', 'composite')),
    wiener=dict(restorer=dict(type='Wiener', weight=300.0),
                search=dict(weight=(10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4), offset=offset, clip_scale=clip),
                scenarios=('noise', 'blur', 'composite')),
    richardson_lucy=dict(restorer=dict(type='RichardsonLucy', iterations=10),
                         search=dict(iterations=(3, 10, 30, 100, 300), offset=offset),
                         scenarios=('blur', 'composite')),
    total_variation=dict(restorer=tv, search=dict(weight=(2.5, 5.0, 10.0, 20.0, 40.0), iterations=(15, 60),
                                                  offset=offset, clip_scale=clip),
                         scenarios=('noise', 'blur', 'composite')),
    non_local_means=dict(restorer=nlm, search=dict(strength=(0.5, 0.65, 0.8, 1.0), offset=offset, clip_scale=clip),
                         scenarios=('noise', 'composite')),
    nlm_then_tv=dict(
        restorer=dict(type='Cascade', denoise=nlm, deblur=tv, residual=0.5),
        search={'residual': (0.1, 0.3, 0.5, 0.8), 'deblur.weight': (5.0, 10.0, 20.0, 40.0, 80.0),
                'denoise.strength': (0.2, 0.35, 0.5, 0.65), 'offset': offset, 'clip_scale': clip},
        scenarios=('composite',)),
    learned_denoiser=dict(restorer=denoiser, search=dict(offset=offset, clip_scale=clip),
                          scenarios=('noise', 'composite')),
    learned_then_tv=dict(
        restorer=dict(type='Cascade', denoise=denoiser, deblur=tv, residual=0.3),
        search={'residual': (0.1, 0.2, 0.3, 0.5), 'deblur.weight': (5.0, 10.0, 20.0, 40.0), 'offset': offset,
                'enlarge_last': (False, True)}, scenarios=('composite',)),
    plug_and_play=dict(
        restorer=dict(type='PlugAndPlay', init=tv, weight=0.25),
        search={'init.weight': (10.0, 20.0), 'weight': (0.1, 0.25, 0.5, 1.0), 'end': (0.0025, 0.005, 0.01),
                'offset': offset}, scenarios=('blur', 'composite')))
del offset, clip, denoiser, tv, nlm  # a helper must not look like a setting
