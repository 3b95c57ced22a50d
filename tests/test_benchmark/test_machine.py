"""The machine is named from what the system says."""

from drfuse.benchmark import machine
from drfuse.benchmark.machine import describe_machine


def test_reads_the_system(tmp_path, monkeypatch):
    (tmp_path / 'cpu').write_text('model name\t: Some CPU\nmodel name\t: Other\n')
    (tmp_path / 'mem').write_text('MemTotal:       2097152 kB\n')
    monkeypatch.setattr(machine, '_CPUINFO', tmp_path / 'cpu')
    monkeypatch.setattr(machine, '_MEMINFO', tmp_path / 'mem')
    found = describe_machine()
    assert found['processor'] == 'Some CPU' and found['memory_gib'] == 2.0 and found['cores'] >= 1


def test_does_without_what_the_system_does_not_say(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, '_CPUINFO', tmp_path / 'none')
    monkeypatch.setattr(machine, '_MEMINFO', tmp_path / 'none')
    assert describe_machine()['memory_gib'] == 0
