"""Measurements of speed and memory, side by side in one run."""

from drfuse.benchmark.machine import describe_machine
from drfuse.benchmark.timing import alternate, linear_fit, run_process

__all__ = ['alternate', 'describe_machine', 'linear_fit', 'run_process']
