"""Aims are compared in the right direction, and only those that were measured."""

import pytest

from drfuse.benchmark.targets import Target, targets


@pytest.mark.parametrize(('value', 'at_least', 'met'), [(41, True, True), (39, True, False), (39, False, True)])
def test_direction(value, at_least, met):
    target = Target('x', value, 40, at_least, ' s')
    assert target.is_met is met
    assert target.row[-1] == ('yes' if met else '**no**') and target.row[2] == f'{value} s'


@pytest.mark.parametrize(('half', 'bound'), [(True, 40), (False, 25)])
def test_the_aim_depends_on_the_processor(half, bound):
    (found,) = targets(dict(machine=dict(bfloat16_instructions=half), pipeline=dict(speedup=30.0)))
    assert found.bound == bound and found.is_met is (bound == 25)


def test_shares_are_percent():
    (found,) = targets(dict(machine={}, stages=dict(float32=dict(shares=dict(correction=0.16)))))
    assert found.value == pytest.approx(16) and not found.is_met
