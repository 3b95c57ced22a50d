"""What the page shows of a result, as plain values."""

from __future__ import annotations

from html import escape

import cv2
import numpy as np

from drfuse.report import Report
from drfuse.report.html import number
from drfuse.report.panels import Panel, result_panels
from drfuse.report.settings import source_rows

Images = dict[str, tuple[str, np.ndarray]]


def images_of(report: Report) -> Images:
    """Return key to title and picture of one size, so that any two can be laid over each other."""
    panels = result_panels(report.result)
    shape = panels[-1].image.shape[:2]
    return {panel.key: (panel.title, _at_size(panel, shape)) for panel in panels}


def _at_size(panel: Panel, shape: tuple[int, int]) -> np.ndarray:
    if panel.image.shape[:2] == shape:
        return panel.image
    return cv2.resize(panel.image, shape[::-1], interpolation=cv2.INTER_NEAREST)


def metrics_table(report: Report) -> str:
    """Return the metrics of the fused picture and, with clean pictures, of the restored sources, as HTML."""
    restored = [(s.name, number(s.psnr_before, 2), number(s.psnr, 2), number(s.ssim_before), number(s.ssim))
                for s in report.restored_scores]
    head = ('source, against clean', 'PSNR observed (dB)', 'PSNR restored (dB)', 'SSIM observed', 'SSIM restored')
    parts = [_table(head, restored)] if restored else []
    scores = report.fused_scores
    if not scores:
        return '<p>Not measured: the picture is too large.</p>'
    against = tuple(scores[0].values)
    rows = [(s.label, 'higher' if s.higher_is_better else 'lower', *(number(s.values[a]) for a in against))
            for s in scores]
    return ''.join([*parts, _table(('fused', 'better', *(f'against {a}' for a in against)), rows)])


def assumptions(report: Report) -> str:
    """Return what was assumed of the sources, warnings and seconds, as HTML."""
    result = report.result
    rows = [(s['name'], s['form'], s['text'], s['origin'], s['confidence']) for s in source_rows(result)]
    seconds = sum(result.report['seconds'].values())
    height, width = result.picture.shape
    warnings = ''.join(f'<p class="warning">{escape(text)}</p>' for text in result.report['warnings'])
    return (f'{warnings}<p>{width} x {height} pixels in {seconds:.1f} s on {escape(result.report["device"])} '
            f'({escape(result.report["precision"])}), model {escape(result.report["model"])} '
            f'({result.report["weights_sha256"][:12]}).</p>'
            + _table(('source', 'form', 'degradation', 'where from', 'confidence'), rows))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    def line(cells: tuple[str, ...], tag: str) -> str:
        return '<tr>' + ''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells) + '</tr>'
    return (f'<div class="scroll"><table><thead>{line(head, "th")}</thead><tbody>'
            + ''.join(line(row, 'td') for row in rows) + '</tbody></table></div>')
