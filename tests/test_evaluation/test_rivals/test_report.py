import json

from drfuse.evaluation.functional import PAPER_METRICS
from drfuse.evaluation.rivals.report import page, row_results, rows_of
from drfuse.evaluation.rivals.summary import HALVES, ScenarioResult

FACTS = dict(task='ivf', split='test', pairs='all', images=2, boundary='of the recipe', machine='a machine',
             date='2026-01-01', looks=3, chosen_on='splits/roadscene_val.txt',
             denoiser=dict(config='d.py', sha256='ab' * 32),
             ours=dict(light=dict(config='ivf.py', weights='ivf.pth', sha256='cd' * 32)))


def outcomes(rules):
    scores = dict.fromkeys((*PAPER_METRICS, *HALVES), 0.5)
    return {stem: dict(sources=dict(ir=dict(PSNR=30.0 + i, SSIM=0.8)), fused={rule: scores for rule in rules})
            for i, stem in enumerate(('a', 'b'))}


def test_rows_say_what_they_are():
    rules = ('', 'maximum', 'copy_first')
    assert [(r.name, r.kind) for r in rows_of('light', outcomes(rules), True)] == [
        ('light', 'ours'), ('light + maximum', 'other'), ('light + copy_first', 'copy')]
    assert [r.kind for r in rows_of('best rival', outcomes(rules[1:]), False)] == ['rival', 'copy']
    assert row_results(outcomes(('',)))['ir']['PSNR'] == 30.5


def test_page_names_what_the_numbers_depend_on():
    result = ScenarioResult('noise', [*rows_of('light', outcomes(('',)), True),
                                      *rows_of('best rival', outcomes(('laplacian_pyramid',)), False)],
                            dict(light=row_results(outcomes(('',)))))
    choices = dict(noise=dict(ir=dict(best='tv', families=dict(bicubic=dict(psnr=20.0), tv=dict(psnr=25.5)))))
    text, data = page(FACTS, [result], choices)
    for part in ('a machine', '2026-01-01', 'look number 3', '`ivf.pth` | cdcdcdcdcdcd', 'd.py', '2 images',
                 '| noise | ir | tv | tv 25.50, bicubic 20.00 |', '## Fused: noise', 'splits/roadscene_val.txt'):
        assert part in text
    assert json.loads(json.dumps(data))['scenarios'][0]['verdicts']['light']['best'] == 0
    assert data['scenarios'][0]['rows'][0]['per_image']['a']['QP'] == 0.5
