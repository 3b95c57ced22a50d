"""Options become specifications."""

import pytest

from drfuse.apis.degradation_spec import SourceSpec, preset
from drfuse.cli.options import DegradationOptions
from drfuse.utils.config import UserError

NONE = (None, None, None)


def test_preset_with_parts_over_it():
    a, b = DegradationOptions('composite', None, ((None, 0.1, None), NONE), 'zero').specs(('ir', 'vis'))
    assert (a.noise, a.blur, b) == (0.1, preset('composite', 'zero').blur, preset('composite', 'zero'))


def test_parts_alone_leave_the_rest_to_estimate():
    a, b = DegradationOptions(None, None, (('none', None, 2), NONE), 'reflect').specs(('ir', 'vis'))
    assert a == SourceSpec(blur=(), scale=2) and b == SourceSpec()


def test_contradictions(tmp_path):
    with pytest.raises(UserError, match='exclude each other'):
        DegradationOptions('noise', tmp_path, (NONE, NONE), 'reflect').specs(('ir', 'vis'))
    with pytest.raises(UserError, match="--preset must be one of noise, blur, composite, got 'x'"):
        DegradationOptions('x', None, (NONE, NONE), 'reflect').specs(('ir', 'vis'))
