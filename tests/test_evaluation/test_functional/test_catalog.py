import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from drfuse.evaluation.functional import CATALOG, PAPER_METRICS, Score, measure
from drfuse.evaluation.functional.catalog import metric_specs

PAIRS = ('rs_full_06407', 'rs_full_08835', 'rs_crop_00006', 'rs_crop_06325', 'pet_25015', 'pet_30057')
RULES = ('avg', 'max', 'lap')
FROZEN = Path(__file__).parents[1] / 'formula_values.json'


def tolerance(name, value, pair=''):
    """1e-9; 2e-2 for Q_CB on exactly black areas; what the reference program itself allows for large numbers."""
    if name == 'QCB' and pair.startswith('pet'):
        return 2e-2
    return max(1e-9, 1e-9 * abs(value))


@pytest.mark.parametrize('variant', ['yuliu', 'zliu'])
@pytest.mark.parametrize('rule', RULES)
@pytest.mark.parametrize('pair', PAIRS)
def test_agrees_with_the_matlab_toolboxes(golden, pair, rule, variant):
    expected = golden.expected(pair, rule, variant)
    scores = measure(*golden.images(pair, rule), list(expected), variant, workers=1)
    wrong = {name: (scores[name].value, value) for name, value in expected.items()
             if not abs(scores[name].value - value) <= tolerance(name, value, pair)}
    assert wrong == {}


CASES = {
    'base': lambda a, b, f: (f, (a, b)),
    'swapped': lambda a, b, f: (f, (b, a)),
    'identical_all': lambda a, b, f: (a, (a, a)),
    'fused_is_a': lambda a, b, f: (a, (a, b)),
    'fused_is_b': lambda a, b, f: (b, (a, b)),
    'sources_equal': lambda a, b, f: (f, (a, a)),
    'fused_inverted_a': lambda a, b, f: (255 - a, (a, b)),
    'small_13x15': lambda a, b, f: (f[:13, :15], (a[:13, :15], b[:13, :15])),
    'transposed': lambda a, b, f: (f.T, (a.T, b.T)),
    'fused_gain_half': lambda a, b, f: ((f + 1) // 2, (a, b)),
}


@pytest.mark.parametrize('variant', ['yuliu', 'zliu'])
@pytest.mark.parametrize('case', CASES)
def test_agrees_with_the_matlab_toolboxes_on_defined_edge_cases(golden, case, variant):
    fused, (a, b) = golden.degenerate_images()
    names = [*golden.expected('rs_crop_00006', 'avg', variant)]
    scores = measure(*CASES[case](a, b, fused), names, variant, workers=1)
    expected = {name: golden.degenerate(case, name, variant) for name in names}
    wrong = {name: (scores[name].value, value) for name, value in expected.items()
             if not abs(scores[name].value - value) <= tolerance(name, value)}
    assert wrong == {}


@pytest.mark.parametrize('size', ['96x120', '95x121', '162x175'])
@pytest.mark.parametrize('rule', ['average', 'maximum', 'noisy'])
def test_frozen_values_of_images_made_by_formula(formula, size, rule):
    expected = json.loads(FROZEN.read_text())[size][rule]
    case = formula[size]
    for variant, values in expected.items():
        scores = measure(case.fused[rule], case.sources, list(values), variant, workers=1)
        wrong = {name: (scores[name].value, value) for name, value in values.items()
                 if not abs(scores[name].value - value) <= tolerance(name, value)}
        assert wrong == {}


def test_frozen_values_cover_every_metric():
    frozen = json.loads(FROZEN.read_text())['162x175']['average']
    assert set(frozen['yuliu']) == set(CATALOG)
    assert set(frozen['zliu']) == {name for name, spec in CATALOG.items() if spec.has_variants}


@pytest.mark.parametrize('name', CATALOG)
def test_a_batch_of_tensors_equals_single_arrays(formula, name):
    case = formula['162x175'] if name == 'MSSSIM' else formula['95x121']
    images = [case.fused['average'], case.fused['noisy']]
    batch = torch.from_numpy(np.stack(images))[:, None]
    sources = [torch.from_numpy(np.stack([source, source]))[:, None] for source in case.sources]
    score = measure(batch, sources, [name])[name]
    singles = [measure(image, case.sources, [name], workers=1)[name] for image in images]
    np.testing.assert_allclose(score.value.numpy(), [s.value for s in singles], rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(np.array([h.numpy() for h in score.halves]).reshape(-1, 2).T,
                               np.array([s.halves for s in singles]), rtol=1e-10, atol=1e-11)


def test_a_single_tensor_gives_a_number_without_axes(trio):
    fused, sources = trio
    scores = measure(torch.from_numpy(fused), [torch.from_numpy(s) for s in sources])
    assert {tuple(score.value.shape) for score in scores.values()} == {()}


@pytest.mark.parametrize('name', CATALOG)
def test_halves_add_up(formula, name):
    case = formula['162x175']
    score = measure(case.fused['noisy'], case.sources, [name], workers=1)[name]
    if score.halves:
        assert math.isclose(sum(score.halves), score.value, rel_tol=1e-12)
        better = CATALOG[name].higher_is_better
        assert score.weaker_half(better) == (min if better else max)(score.halves)


def test_the_smaller_half_exposes_a_copy(formula):
    case = formula['96x120']
    a, b = case.sources
    copy, average = (measure(f, (a, b), ['QMI'], workers=1)['QMI'] for f in (a, case.fused['average']))
    assert copy.value > average.value
    assert copy.weaker_half() < average.weaker_half()


def test_the_weaker_half_of_tensors_is_taken_element_by_element():
    score = Score(torch.tensor([3., 3.]), (torch.tensor([1., 2.]), torch.tensor([2., 1.])))
    assert score.weaker_half().tolist() == [1, 1]
    assert score.weaker_half(higher_is_better=False).tolist() == [2, 2]


def test_the_number_of_threads_changes_no_bit(trio):
    fused, sources = trio
    one, three = (measure(fused, sources, [*PAPER_METRICS, 'FMI_pixel'], workers=n) for n in (1, 3))
    assert one == three


@pytest.mark.parametrize('name', CATALOG)
def test_uint8_and_whole_floats_agree(formula, name):
    case = formula['162x175']
    fused, sources = case.fused['maximum'], case.sources
    as_float = measure(fused.astype(np.float32), [s.astype(np.float64) for s in sources], [name], workers=1)
    assert math.isclose(as_float[name].value, measure(fused, sources, [name], workers=1)[name].value, rel_tol=1e-12)


def constants(level, shape=(170, 164)):
    return np.full(shape, level, np.uint8)


def textured(seed, shape=(170, 164)):
    return np.random.default_rng(seed).integers(1, 255, shape, dtype=np.uint8)


@pytest.mark.parametrize('name', CATALOG)
@pytest.mark.parametrize('level', [0, 128, 255])
def test_a_constant_fused_image_never_wins(name, level):
    """A collapsed result is a defect of the method, so it gets a poor value, not the shelter of "undefined"."""
    sources = textured(1), textured(2)
    spec = CATALOG[name]
    constant = measure(constants(level), sources, [name], workers=1)[name].value
    average = measure(((sources[0].astype(int) + sources[1]) // 2).astype(np.uint8), sources, [name],
                      workers=1)[name].value
    assert math.isfinite(constant)
    if name in ('QSF', 'QTE_nava', 'NABF', 'PSNR'):  # 0 is best; swapped marginals; no edges, no artifacts; no detail
        return
    assert constant < average if spec.higher_is_better else constant > average


UNDEFINED_FOR_CONSTANT_IMAGES = {
    'QMI', 'QP', 'QCB', 'QTE_nava', 'QM', 'QSF', 'QCV', 'CC', 'SCD', 'VIF', *(n for n in CATALOG if n[:3] == 'NMI')}


@pytest.mark.parametrize('name', CATALOG)
def test_all_images_constant_is_defined_or_undefined_as_documented(name):
    images = constants(90), (constants(90), constants(90))
    value = measure(*images, [name], workers=1)[name].value
    assert math.isnan(value) == (name in UNDEFINED_FOR_CONSTANT_IMAGES)
    tensors = torch.from_numpy(images[0]), [torch.from_numpy(s) for s in images[1]]
    assert bool(measure(*tensors, [name])[name].value.isnan()) == math.isnan(value)


@pytest.mark.parametrize('name', ['QMI', 'QNCIE', 'QABF', 'QP', 'QCB', 'QW', 'QS', 'QC', 'QY', 'NMI_joint', 'CC',
                                  'FMI_gradient', 'SSIM', 'MSSSIM', 'VIF', 'VIFF', 'QM', 'QE', 'PSNR'])
def test_identical_images_are_the_best_there_is(name):
    a, b = textured(3), textured(4)
    best = measure(a, (a, a), [name], workers=1)[name].value
    assert best >= measure(b, (a, a), [name], workers=1)[name].value
    maxima = {'QMI': 2, 'QW': 1, 'QS': 1, 'QC': 1, 'QY': 1, 'QCB': 1, 'NMI_joint': 2, 'CC': 1, 'FMI_gradient': 1,
              'SSIM': 2, 'MSSSIM': 2, 'QM': 3, 'QE': 1, 'PSNR': 100}
    if name in maxima:
        assert math.isclose(best, maxima[name], rel_tol=1e-9)


def test_a_constant_source_leaves_the_other_one(formula):
    _, b = formula['96x120'].sources
    flat = np.full_like(b, 128)
    scores = measure(b, (flat, b), workers=1)
    assert all(math.isfinite(score.value) for score in scores.values())
    assert math.isclose(scores['QCB'].value, 1)
    assert scores['QMI'].halves[0] == pytest.approx(0, abs=1e-12)


def test_too_small_can_be_undefined_instead():
    x = textured(5, (9, 30))
    scores = measure(x, (x, x), ['QW', 'SSIM', 'VIF', 'QMI'], workers=1, too_small='undefined')
    assert {name: math.isnan(score.value) for name, score in scores.items()} == {
        'QW': False, 'SSIM': True, 'VIF': True, 'QMI': False}
    tensor = torch.from_numpy(np.stack([x, x]))
    assert measure(tensor, [tensor] * 2, ['VIF'], too_small='undefined')['VIF'].value.isnan().tolist() == [True, True]


@pytest.mark.parametrize(('name', 'better', 'worse'), [
    ('QMI', 2, 1), ('QCV', 1, 2), ('NABF', 0, 0.1), ('QSF', -0.1, 0.2)])
def test_goodness_follows_the_direction(name, better, worse):
    assert CATALOG[name].goodness(better) > CATALOG[name].goodness(worse)


def test_unknown_names_are_told():
    with pytest.raises(ValueError, match="unknown metric 'QX'; known are QMI, QNCIE"):
        metric_specs(['QMI', 'QX'])


def test_unknown_variants_are_told(trio):
    with pytest.raises(ValueError, match=r"variants \('yuliu', 'zliu'\), got 'matlab'"):
        measure(*trio, ['QABF'], 'matlab')


@pytest.mark.parametrize(('name', 'size'), [('QW', 7), ('QE', 7), ('QC', 7), ('QY', 6), ('QM', 3), ('VIF', 40),
                                            ('VIFF', 40), ('SSIM', 10), ('MSSSIM', 160), ('FMI_pixel', 2), ('QP', 1),
                                            ('AG', 1), ('NABF', 1)])
def test_images_too_small_for_a_window_are_refused_and_one_more_pixel_is_enough(name, size):
    def images(n):
        return textured(5, (n, n + 20)), (textured(6, (n, n + 20)), textured(7, (n, n + 20)))
    with pytest.raises(ValueError, match=rf'needs at least {size + 1} x {size + 1} pixels, got {size} x {size + 20}'):
        measure(*images(size), [name])
    assert math.isfinite(measure(*images(size + 1), [name])[name].value)


@pytest.mark.parametrize('name', ['QNCIE', 'QABF', 'QP', 'QCB', 'QW', 'QC', 'QY', 'QTE', 'QM', 'QSF', 'QCV', 'NABF',
                                  'SCD', 'VIFF'])
def test_metrics_of_two_sources_refuse_three(name):
    x = textured(8)
    with pytest.raises(ValueError, match='is defined for 2 sources, got 3'):
        measure(x, (x, x, x), [name])


def test_sums_take_any_number_of_sources():
    x = textured(9)
    scores = measure(x, (x, x, x), ['QMI', 'MI', 'SSIM', 'CC', 'FMI_pixel', 'PSNR'], workers=1)
    assert math.isclose(scores['QMI'].value, 3) and len(scores['QMI'].halves) == 3
    assert math.isclose(scores['CC'].value, 1)


def test_the_documentation_has_a_section_for_every_metric(repo_dir):
    lines = (repo_dir / 'docs' / 'metrics.md').read_text().splitlines()
    assert {line[4:] for line in lines if line.startswith('### ')} == set(CATALOG)


def test_the_documentation_runs(repo_dir, capsys):
    page = (repo_dir / 'docs' / 'metrics.md').read_text()
    exec(re.search(r'^```python\n(.*?)^```', page, re.M | re.S)[1], {})
    assert len(capsys.readouterr().out.splitlines()) == 2
