from types import SimpleNamespace

from drfuse.engine import ClockHook
from drfuse.engine.clock_hook import CLOCK_FILE, read_clock


def test_every_iteration_is_noted_and_a_new_run_begins_anew(tmp_path):
    assert read_clock(tmp_path) == []
    for count in (3, 1):
        hook, runner = ClockHook(), SimpleNamespace(work_dir=str(tmp_path))
        hook.before_train(runner)
        for i in range(count):
            hook.after_train_iter(runner, i)
        times = read_clock(tmp_path)
        assert len(times) == count and times == sorted(times) and times[0] >= 0


def test_a_line_half_written_is_left_out(tmp_path):
    (tmp_path / CLOCK_FILE).write_text('1.000\n2.500\n3.')
    assert read_clock(tmp_path) == [1.0, 2.5]
