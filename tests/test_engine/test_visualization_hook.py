from types import SimpleNamespace

import pytest

from drfuse.engine.visualization_hook import FusionVisualizationHook


def test_first_samples_of_every_second_validation(tmp_path, predicted):
    hook = FusionVisualizationHook(num_samples=3, interval=2)
    for iteration in (10, 20, 30):
        runner = SimpleNamespace(work_dir=str(tmp_path), iter=iteration)
        hook.before_val_epoch(runner)
        for batch in (['a', 'b'], ['c', 'd']):
            hook.after_val_iter(runner, 0, outputs=[predicted(stem) for stem in batch])
    written = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob('*.png'))
    assert written == sorted(f'panels/{s}/iter_{i}.png' for s in 'abc' for i in (10, 30))


def test_wrong_arguments():
    with pytest.raises(ValueError, match='interval >= 1, got 2 and 0'):
        FusionVisualizationHook(2, 0)
