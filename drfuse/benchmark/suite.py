"""The parts of ``drfuse bench``, measured alone or together, in one run or several."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from drfuse.benchmark import measures
from drfuse.benchmark.machine import describe_machine
from drfuse.benchmark.measures import BASE, Bench, Plan
from drfuse.benchmark.roofline import roofline
from drfuse.benchmark.timing import median
from drfuse.utils.config import UserError

FULL = Plan()
QUICK = Plan(size=(192, 256), small=(64, 64), repeats=2, sides=(128, 256), steps=(1, 2), compiled=False,
             evaluated=2, many=(2, 6))
Tell = Callable[[str], None]
_SAME = ('processor', 'cores', 'threads', 'torch')


class Part(NamedTuple):
    """One part of the suite.

    Attributes:
        text: What is measured, for people.
        measure: Measures it.
    """

    text: str
    measure: Callable[[Bench], Mapping[str, Any]]


PARTS = dict(
    start=Part('start of processes', measures.start),
    memory=Part('memory of one pair', measures.memory),
    pipeline=Part('files to file, beside the paper network: this takes minutes', measures.pipeline),
    stages=Part('stages of the shipped model', measures.stages),
    network=Part('networks', measures.network),
    light_modes=Part('forms of the light network', measures.light_modes),
    paper_modes=Part('forms of the paper network', measures.paper_modes),
    paper_modes_small=Part('forms of the paper network, smaller picture', measures.paper_modes_small),
    paper_compiled=Part('the paper network compiled', measures.paper_compiled),
    pixels=Part('growth with pixels', measures.pixels),
    steps=Part('growth with steps', measures.steps),
    evaluation=Part('a set from end to end', measures.evaluation),
    many=Part('memory over the number of pairs', measures.many),
    roofline=Part('peaks of the machine', roofline))
"""Name in the JSON file to part, in the order in which they are measured."""


def run_suite(plan: Plan, tell: Tell, only: Sequence[str] = (), known: Mapping[str, Any] | None = None,
              add: bool = False) -> dict[str, Any]:
    """Measure; ``tell`` hears what comes next.

    Args:
        plan: How much is measured.
        tell: Called with a line for people.
        only: Names of the parts to measure; none = all.
        known: An earlier result, whose other parts are kept.
        add: Keep the earlier times of the pipelines and add to them.

    Returns:
        Machine, size, parts, their dates, and ``speedup_vs_paper_unet`` once the pipelines were measured.

    Raises:
        UserError: If a part is unknown, the earlier result is of another machine or size, the shipped model is not
            there, or a process fails.
    """
    result = dict(_checked(plan, only, known or {}))
    result.setdefault('dates', {})
    with tempfile.TemporaryDirectory(prefix='drfuse_bench_') as name:
        bench = Bench(plan, Path(name))
        for part in only or PARTS:
            tell(PARTS[part].text)
            measured = dict(PARTS[part].measure(bench))
            if part == 'pipeline':
                measured = compared(measured, result.get(part) if add else None)
                result['speedup_vs_paper_unet'] = measured['speedup']
            result[part] = measured
            result['dates'][part] = datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M UTC')
    return result


def _checked(plan: Plan, only: Sequence[str], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the earlier result, or an empty one, after comparing what it was measured on."""
    unknown = [name for name in only if name not in PARTS]
    if unknown:
        raise UserError(f'no part {unknown[0]}; allowed are {", ".join(PARTS)}')
    machine, size = describe_machine(), list(plan.size)
    for key in _SAME if known else ():
        old, new = known['machine'][key], machine[key]
        if old != new:
            raise UserError(f'the earlier parts were measured with {key} {old}, this is {new}')
    if known and known['size'] != size:
        raise UserError(f'the earlier parts were measured at {known["size"]} (H, W), this is {size}')
    return {**known, 'machine': machine, 'size': size}


def compared(new: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return times of pipelines with their medians and ratios, together with those of an earlier run.

    Raises:
        UserError: If the default precision was another one.
    """
    if old and old['precision'] != new['precision']:
        raise UserError(f'the earlier times are of precision {old["precision"]}, these of {new["precision"]}')
    times = {name: [*(old['times'][name] if old else ()), *values] for name, values in new['times'].items()}
    seconds = {name: median(values) for name, values in times.items()}
    speedups = {name: seconds[BASE] / s for name, s in seconds.items()}
    return dict(times=times, precision=new['precision'], seconds=seconds, speedups=speedups,
                speedup=speedups['light default'])
