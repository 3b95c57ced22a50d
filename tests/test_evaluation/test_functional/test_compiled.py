import builtins
import sys

import pytest

from drfuse.evaluation.functional import q_p
from drfuse.evaluation.functional.compiled import compiled_module

NAMES = ['phase_kernels_compiled', 'zhao_compiled', 'piella_compiled']


@pytest.fixture(autouse=True)
def forget():
    compiled_module.cache_clear()
    yield
    compiled_module.cache_clear()


def refuse_numba(monkeypatch, error):
    plain_import = builtins.__import__

    def refuse(name, *args):
        if name == 'numba':
            raise error('cannot cache function: no locator available')
        return plain_import(name, *args)

    for name in NAMES:
        monkeypatch.delitem(sys.modules, f'drfuse.evaluation.functional.{name}', raising=False)
    monkeypatch.setattr(builtins, '__import__', refuse)


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('error', [ImportError, RuntimeError])
def test_without_numba_there_is_none(monkeypatch, error, name):
    refuse_numba(monkeypatch, error)
    assert compiled_module(name) is None


@pytest.mark.parametrize('name', NAMES)
def test_with_numba_there_is(name):
    pytest.importorskip('numba')
    assert compiled_module(name).__name__.endswith(name)


def test_another_error_is_not_swallowed(monkeypatch):
    pytest.importorskip('numba')
    refuse_numba(monkeypatch, ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        compiled_module('zhao_compiled')


def test_the_metric_is_the_same_with_and_without(trio, monkeypatch):
    pytest.importorskip('numba')
    fused, sources = trio
    fast = q_p(fused, sources), q_p(fused, sources, 'zliu')
    compiled_module.cache_clear()
    refuse_numba(monkeypatch, ImportError)
    assert (q_p(fused, sources), q_p(fused, sources, 'zliu')) == pytest.approx(fast, abs=1e-12)
