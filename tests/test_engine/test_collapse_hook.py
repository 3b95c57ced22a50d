from types import SimpleNamespace

import pytest

from drfuse.engine import CollapseHook


def run(hook, *outputs):
    """Return the warnings of a run that logs these outputs."""
    warnings = []
    logger = SimpleNamespace(warning=warnings.append)
    for i, output in enumerate(outputs):
        hook.after_train_iter(SimpleNamespace(logger=logger), i, outputs=output)
    return warnings


HEALTHY = dict(loss=1.0, weight_0=0.6, weight_1=0.4, likeness_0=0.8, likeness_1=0.7)


@pytest.mark.parametrize(('change', 'text'), [
    (dict(weight_0=0.95, weight_1=0.05), r'mean weight_0 is 0.950, outside 0.1..0.9'),
    (dict(weight_0=0.05, weight_1=0.95), r'mean weight_1 is 0.950, outside 0.1..0.9'),
    (dict(likeness_1=0.99), 'mean likeness_1 is 0.990, above 0.98'),
])
def test_a_collapse_is_told(change, text):
    warnings = run(CollapseHook(2), {**HEALTHY, **change}, {**HEALTHY, **change})
    assert any(text in w for w in warnings) and all(w.startswith('fusion collapses') for w in warnings)


def test_health_says_nothing():
    assert run(CollapseHook(1), HEALTHY, HEALTHY) == []


def test_one_bad_batch_is_not_a_collapse():
    assert run(CollapseHook(4), {**HEALTHY, 'weight_0': 0.99}, HEALTHY, HEALTHY, HEALTHY) == []


def test_like_sources_are_not_a_collapse():
    assert run(CollapseHook(1), {**HEALTHY, 'likeness_0': 0.995, 'likeness_1': 0.99}) == []


def test_means_start_anew_after_each_interval():
    collapsed = {**HEALTHY, 'weight_0': 0.95}
    assert len(run(CollapseHook(2), collapsed, collapsed, HEALTHY, HEALTHY, collapsed, collapsed)) == 2


def test_models_without_these_logs_pass():
    assert run(CollapseHook(1), dict(loss=1.0), None) == []


@pytest.mark.parametrize('options', [dict(interval=0), dict(max_weight=0.4), dict(max_likeness=1.2)])
def test_mistakes_are_named(options):
    with pytest.raises(ValueError, match=r'needs interval >= 1 and limits in \(0.5, 1\]'):
        CollapseHook(**options)
