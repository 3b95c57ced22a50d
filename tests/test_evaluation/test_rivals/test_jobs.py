import json

import pytest
import torch
from mmengine.registry import init_default_scope

from drfuse.baselines import Wiener, laplacian_pyramid
from drfuse.evaluation.convention import source_to_uint8, to_uint8
from drfuse.evaluation.functional import measure, psnr
from drfuse.evaluation.rivals.jobs import METRICS, Job, Method, load_denoiser, needs_denoiser, run_job, run_jobs
from drfuse.evaluation.rivals.scenarios import scenario_dataset
from drfuse.registry import MODELS
from drfuse.utils.config import UserError

WIENER, BICUBIC = dict(type='Wiener', weight=300.0), dict(type='Bicubic')
LEARNED = dict(type='Cascade', denoise=dict(type='LearnedDenoiser'), deblur=WIENER)
CONFIG = """model = dict(type='CascadeFusion', restorers=dict(type='LearnedDenoiser'), fuser='average',
             denoiser=dict(type='FFDNet', channels=16, layers=3))
"""


@pytest.fixture
def denoiser(tmp_path):
    init_default_scope('drfuse')
    (tmp_path / 'den.py').write_text(CONFIG)
    torch.manual_seed(0)
    model = MODELS.build(dict(type='CascadeFusion', restorers=BICUBIC, fuser='average',
                              denoiser=dict(type='FFDNet', channels=16, layers=3)))
    torch.nn.init.normal_(model.denoiser.body[-1].weight, std=0.1)
    torch.save(model.state_dict(), tmp_path / 'den.pth')
    return str(tmp_path / 'den.py'), str(tmp_path / 'den.pth')


def test_rivals_are_restored_fused_and_measured(scenario):
    method = Method.with_restorers('rivals', dict(ir=WIENER, vis=WIENER), ('laplacian_pyramid', 'copy_first'))
    result = run_job(Job(scenario(), 'p2', method))
    sample = scenario_dataset(scenario())[1]
    restored = [Wiener(300.0)(o) for o in sample['inputs'].values()]
    clean = [source_to_uint8(x) for x in sample['data_samples'].gt_sources]
    assert result['sources']['vis']['PSNR'] == pytest.approx(float(psnr(to_uint8(restored[1][0, 0]), clean[1])))
    scores = measure(to_uint8(laplacian_pyramid(*restored)[0, 0]), clean, METRICS)
    assert set(result['fused']) == {'laplacian_pyramid', 'copy_first'}
    fused = result['fused']['laplacian_pyramid']
    assert fused['QP'] == pytest.approx(scores['QP'].value)
    assert fused['QABF_min'] == pytest.approx(min(scores['QABF'].halves))


def test_a_model_is_measured_like_a_rival(scenario, denoiser):
    config, weights = denoiser
    text = "model = dict(type='DRFusion', backbone=dict(type='LightUNet', widths=(16, 16, 16)), sampler=dict(" \
           "type='FusionDDIMSampler', num_steps=1, correction_scale=None), losses=dict())\n" \
           "test_dataloader = dict(dataset=dict(type='RoadSceneDataset'))\n"
    path = config.replace('den.py', 'ours.py')
    with open(path, 'w') as file:
        file.write(text)
    init_default_scope('drfuse')
    model = MODELS.build(dict(type='DRFusion', backbone=dict(type='LightUNet', widths=(16, 16, 16)), sampler=dict(
        type='FusionDDIMSampler', num_steps=1, correction_scale=None)))
    torch.save(model.state_dict(), weights.replace('den', 'ours'))
    result = run_job(Job(scenario(), 'p0', Method('model', '{}', ('maximum',), path, weights.replace('den', 'ours'))))
    assert set(result['fused']) == {'', 'maximum'} and set(result['sources']) == {'ir', 'vis'}


def test_results_are_kept_and_keyed_by_what_they_depend_on(scenario, tmp_path, monkeypatch):
    jobs = [Job(scenario(), stem, Method.with_restorers('restore', dict(ir=BICUBIC))) for stem in ('p0', 'p2')]
    counted = []
    first = run_jobs(jobs, tmp_path / 'cache', 1, lambda: counted.append(1))
    assert len(counted) == 2 and len(list((tmp_path / 'cache').rglob('*.json'))) == 2
    assert set(first[0]['sources']['ir']) == {'PSNR'} and first[0]['fused'] == {}

    def broken(job):
        raise AssertionError('computed again')
    monkeypatch.setattr('drfuse.evaluation.rivals.jobs.run_job', broken)
    assert run_jobs(jobs, tmp_path / 'cache', 1) == first
    keys = {job.key() for job in jobs}
    others = [Job(scenario('blur'), 'p0', jobs[0].method), Job(scenario('noise', pairs=''), 'p0', jobs[0].method),
              Job(scenario(), 'p0', Method.with_restorers('restore', dict(ir=WIENER)))]
    assert [job.key() in keys for job in others] == [False, True, False]  # the list a pair is on does not matter


@pytest.mark.parametrize('kind', ['restore', 'rivals', 'model'])
def test_what_other_code_made_is_not_kept(scenario, monkeypatch, kind):
    keys = []
    for code in ('first', 'other'):
        monkeypatch.setattr('drfuse.evaluation.rivals.jobs.code_hash', lambda code=code: code)
        Method.identity.cache_clear()
        keys.append(Job(scenario(), 'p0', Method(kind, json.dumps(dict(ir=BICUBIC)))).key())
    Method.identity.cache_clear()
    assert keys[0] != keys[1]


def test_the_denoiser_reaches_nested_restorers(scenario, denoiser):
    assert needs_denoiser(LEARNED) and not needs_denoiser(dict(type='Cascade', denoise=BICUBIC, deblur=WIENER))
    method = Method.with_restorers('restore', dict(ir=LEARNED), denoiser=denoiser)
    plain = Method.with_restorers('restore', dict(ir=dict(LEARNED, denoise=BICUBIC)), denoiser=denoiser)
    assert plain.config == ''  # results that do not depend on it are not tied to it
    values = [run_job(Job(scenario(), 'p0', m))['sources']['ir']['PSNR'] for m in (method, plain)]
    assert values[0] != values[1]
    assert method.identity()[-2] == json.loads(json.dumps(method.identity()))[-2] != ''


def test_a_config_without_denoiser_is_refused(tmp_path, denoiser):
    (tmp_path / 'none.py').write_text(CONFIG.replace("denoiser=dict(type='FFDNet', channels=16, layers=3)",
                                                     'denoiser=None').replace('LearnedDenoiser', 'Bicubic'))
    with pytest.raises(UserError, match='none.py has no denoiser'):
        load_denoiser(str(tmp_path / 'none.py'), denoiser[1])
