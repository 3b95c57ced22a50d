"""A page that shows what was done to a pair: pictures, steps, numbers and settings, in one file."""

from drfuse.report.html import Report, render_report, write_report

__all__ = ['Report', 'render_report', 'write_report']
