"""What a user says of a degradation, in every form."""

import json

import pytest

from drfuse.apis.degradation_spec import SourceSpec, override, parse_blur, parse_degradation, preset
from drfuse.utils.config import UserError

NAMES = ('ir', 'vis')
STAGES = [dict(type='GaussianBlur', sigma=1.0), dict(type='GaussianNoise', sigma=0.1)]


def test_presets_are_the_papers_scenarios():
    spec = preset('composite', 'zero')
    assert spec.blur == (dict(type='GaussianBlur', sigma=2.0, kernel_size=21, boundary='zero'),)
    assert spec.noise == pytest.approx(0.0316, abs=1e-4) and spec.noise_first and spec.is_complete
    assert preset('noise').blur == () and preset('noise').noise == pytest.approx(0.0548, abs=1e-4)
    assert preset('blur').noise == 0
    assert parse_degradation('blur', NAMES) == (preset('blur'), preset('blur'))


def test_parts_stages_and_letters():
    first, second = parse_degradation(dict(a=dict(noise=0.1, scale=4), vis=STAGES), NAMES)
    assert (first.blur, first.noise, first.scale, first.is_complete) == (None, 0.1, 4, False)
    assert second.stages == tuple(STAGES) and second.is_complete and second.factor is None
    assert parse_degradation(dict(b=[]), NAMES) == (SourceSpec(), SourceSpec(stages=()))
    assert parse_degradation(None, NAMES) == (SourceSpec(), SourceSpec())


def test_factor_of_stages():
    spec, _ = parse_degradation(dict(a=[dict(type='AveragePool', factor=2), dict(type='AveragePool', factor=3)]), NAMES)
    assert spec.factor == 6


@pytest.mark.parametrize(('text', 'stage'), [
    ('gaussian:2', dict(type='GaussianBlur', sigma=2.0)),
    ('motion:15:30', dict(type='MotionBlur', length=15, angle=30)),
    ('defocus:3', dict(type='DefocusBlur', radius=3))])
def test_blur_texts(text, stage):
    assert parse_blur(text, 'zero') == (dict(stage, boundary='zero'),)
    assert parse_blur('none') == ()


def test_file(tmp_path):
    for name, text in (('a.yaml', 'a: {noise: 0.03, blur: none}\nb:\n - {type: GaussianNoise, sigma: 0.1}\n'),
                       ('a.json', json.dumps(dict(a=dict(noise=0.03, blur='none'), b=STAGES[1:])))):
        (tmp_path / name).write_text(text)
        first, second = parse_degradation(tmp_path / name, NAMES)
        assert first == SourceSpec((), 0.03) and second.stages == (STAGES[1],)


def test_override_replaces_parts_only():
    spec = override(preset('composite'), None, 0.1, None, 'A')
    assert (spec.noise, spec.noise_first, spec.blur) == (0.1, False, preset('composite').blur)
    assert override(spec, None, None, None, 'A') is spec
    assert override(SourceSpec(), 'none', 0, 4, 'A') == SourceSpec((), 0.0, 4)


@pytest.mark.parametrize(('value', 'message'), [
    ('nois', "must be one of noise, blur, composite or a file .*got 'nois'"), (3, 'got a int'),
    (dict(c=[]), "degradation names 'c'; the sources are a, b, or ir, vis"),
    (dict(a=dict(noise=.1), ir=dict(noise=.5)), "degradation names ir twice, as 'a' and 'ir': give one of them"),
    (dict(a=dict(noize=1)), "degradation of ir has no part 'noize'; allowed are blur, noise, scale"),
    (dict(a=dict(noise=30)), r'noise of ir must be in 0..1, the standard deviation on the \[0, 1\] scale.*got 30'),
    (dict(a=dict(noise='x')), 'noise of ir must be in'), (dict(a=dict(noise=float('nan'))), 'got nan'),
    (dict(a=dict(scale=0)), 'scale of ir must be an integer in 1..16, got 0'), (dict(a=7), 'must be a list of stages'),
    (dict(a=dict(blur='gauss:1')), 'a blur is none, gaussian:SIGMA, motion:LENGTH:ANGLE or defocus:RADIUS'),
    (dict(a=dict(blur='motion:3')), "got 'motion:3'"), (dict(a=dict(blur='gaussian:x')), "got 'gaussian:x'"),
    (dict(a=dict(blur='gaussian:-1')), 'GaussianBlur sigma must be >= 0, got -1'),
    (dict(a=[dict(type='Foo')]), 'Foo is not in the drfuse::degradation registry; closest: '),
    (dict(a=[dict(sigma=1)]), 'every stage needs a type'),
    (dict(a=[dict(type='GaussianNoise', sigma=[0, 1])]), 'is drawn from'),
    (dict(a=[dict(type='GaussianNoise', sigma=-1)]), 'GaussianNoise sigma must be >= 0, got -1')])
def test_mistakes_are_one_line(value, message):
    with pytest.raises(UserError, match=message) as error:
        parse_degradation(value, NAMES)
    assert '\n' not in str(error.value)


def test_files_that_are_none(tmp_path):
    (tmp_path / 'bad.yaml').write_text('a: [\nb: }')
    with pytest.raises(UserError, match=r'bad.yaml, line \d+ is not YAML'):
        parse_degradation(tmp_path / 'bad.yaml', NAMES)
    with pytest.raises(FileNotFoundError, match='no degradation file'):
        parse_degradation(tmp_path / 'none.yaml', NAMES)
    with pytest.raises(UserError, match='boundary must be one of'):
        parse_degradation('noise', NAMES, 'mirror')


def test_stages_and_parts_exclude_each_other():
    spec, _ = parse_degradation(dict(a=STAGES), NAMES)
    with pytest.raises(UserError, match='A is described by a list of stages and by noise: give one of them'):
        override(spec, None, 0.1, None, 'A')
