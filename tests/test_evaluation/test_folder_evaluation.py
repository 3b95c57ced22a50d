import math

import numpy as np
import pytest
import torch

from drfuse.evaluation.convention import enlarge, source_to_uint8
from drfuse.evaluation.folder_evaluation import (
    TRIVIAL,
    MethodResult,
    Settings,
    Task,
    measure_task,
    run_tasks,
    trivial_image,
)
from drfuse.evaluation.folders import match_folders
from drfuse.evaluation.functional import Score, measure
from drfuse.visualization.image_writer import write_png

FAST = Settings(('QMI', 'EN', 'VIF'))


@pytest.fixture
def folders(tmp_path, formula):
    """Five pairs with their results in files."""
    case = formula['95x121']
    for n in range(5):
        cut = (slice(n, n + 60), slice(2 * n, 2 * n + 50))
        for name, image in (('a', case.sources[0]), ('b', case.sources[1]), ('f', case.fused['average'])):
            write_png(tmp_path / name / f'{n}.png', image[cut])
    return tmp_path


def tasks(folder, fused='f'):
    matches = match_folders(folder / fused, (folder / 'a', folder / 'b'))
    return [Task('mine', '', triple) for triple in matches.triples]


def test_values_are_those_of_the_functions(folders, formula):
    case = formula['95x121']
    result, = run_tasks(tasks(folders), FAST, workers=1)
    cut = (slice(3, 63), slice(6, 56))
    assert result.scores['3'] == measure(case.fused['average'][cut], [s[cut] for s in case.sources], FAST.metrics,
                                         workers=1)
    assert result.mean('EN') == pytest.approx(np.mean([result.scores[str(n)]['EN'].value for n in range(5)]))


def test_processes_and_threads_agree_to_the_last_bit(folders):
    ticks = []
    alone = run_tasks(tasks(folders), FAST, workers=1)
    together = run_tasks(tasks(folders), FAST, workers=2, advance=lambda: ticks.append(1))
    assert alone == together and len(ticks) == 5


def test_an_error_in_a_process_names_the_file(folders, formula):
    write_png(folders / 'b' / '4.png', formula['95x121'].sources[1])
    with pytest.raises(ValueError, match=r'4.png is 95 x 121 but .*4.png is 60 x 50$'):
        run_tasks(tasks(folders), FAST, workers=2)


def test_smaller_observed_sources_are_enlarged(folders):
    small = np.random.default_rng(0).integers(0, 255, (30, 25), dtype=np.uint8)
    write_png(folders / 'a' / '0.png', small)
    task = tasks(folders)[0]
    with pytest.raises(ValueError, match='a smaller source is enlarged only against=observed'):
        measure_task(task, FAST)
    score = measure_task(Task('copy', '', task.triple, 'copy of a'), Settings(('EN',), against='observed'))
    big = source_to_uint8(enlarge(torch.from_numpy(small)[None].float() / 255, (60, 50))[0])
    assert score == measure(big, (big, big), ['EN'], workers=1)


def test_trivial_rules():
    a, b = np.array([[0, 254, 255]], np.uint8), np.array([[1, 255, 255]], np.uint8)
    images = {rule: trivial_image(rule, (a, b)).tolist() for rule in TRIVIAL}
    assert images == {'copy of a': [[0, 254, 255]], 'copy of b': [[1, 255, 255]], 'average': [[1, 255, 255]],
                      'maximum': [[1, 255, 255]]}
    with pytest.raises(ValueError, match="rule must be one of .* got 'minimum'"):
        trivial_image('minimum', (a, b))


def test_methods_and_scenarios_are_kept_apart(folders):
    first, *_ = tasks(folders)
    jobs = [first, first._replace(scenario='noise'), Task('copy of a', '', first.triple, 'copy of a')]
    results = run_tasks(jobs, FAST, workers=1)
    assert [(r.method, r.scenario, r.trivial) for r in results] == [
        ('mine', '', False), ('mine', 'noise', False), ('copy of a', '', True)]


def test_undefined_values_stay_out_of_means():
    result = MethodResult('m', '', scores={'1': {'VIF': Score(0.5, (0.2, 0.3))}, '2': {'VIF': Score(math.nan)}})
    assert result.mean('VIF') == 0.5 and result.undefined('VIF') == 1
    assert result.weaker_half('VIF', True) == 0.2
    assert math.isnan(MethodResult('m', '', scores={'2': {'VIF': Score(math.nan)}}).mean('VIF'))


def test_images_too_small_for_a_metric_are_undefined(folders, formula):
    for name in 'abf':
        write_png(folders / name / '0.png', formula['95x121'].sources[0][:20, :20])
    result, = run_tasks(tasks(folders), FAST, workers=1)
    assert result.undefined('VIF') == 1 and result.undefined('QMI') == 0
