"""The page itself; the only module that imports Gradio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr
import numpy as np

from drfuse.apis import FusionInferencer
from drfuse.demo.session import FACTORS, OWN, Request, fuse_request, load_sources, sample_names, write_files
from drfuse.demo.steering import trained_steps
from drfuse.demo.views import Images, assumptions, images_of, metrics_table
from drfuse.report.panels import reduced, shown
from drfuse.utils.config import UserError

WORDS = dict(ir='infrared', vis='visible', pet='PET', mri='MRI')
PREVIEW, HEIGHT = 800, 240
NOTHING = '<p>Fuse a pair to see them.</p>'
CSS = """
.gradio-container { max-width: 1480px !important; margin: 0 auto !important; }
.scroll { overflow-x: auto; contain: inline-size; }
.scroll table { border-collapse: collapse; border: 0; font-variant-numeric: tabular-nums; margin-bottom: 14px; }
.scroll th, .scroll td { text-align: left; padding: 3px 18px 3px 0 !important; border: 0 !important;
  border-bottom: 1px solid #8884 !important; }
.warning { border-left: 4px solid #c77700; padding-left: 8px; }
footer { display: none !important; }
@media (max-width: 640px) { .gradio-container .fillable { padding: 12px !important; } }
"""


class Controls(NamedTuple):
    """Components that are read, in the order of :func:`request_of`."""

    sample: gr.Dropdown
    file_a: gr.File
    file_b: gr.File
    degrade: gr.Checkbox
    tell: gr.Checkbox
    noise_a: gr.Slider
    blur_a: gr.Slider
    factor: gr.Radio
    noise_b: gr.Slider
    blur_b: gr.Slider
    steps: gr.Slider
    correction: gr.Slider


class Results(NamedTuple):
    """Components that are written."""

    compare: gr.ImageSlider
    images: tuple[gr.Image, ...]
    metrics: gr.HTML
    assumed: gr.HTML
    downloads: tuple[gr.DownloadButton, ...]
    state: gr.State


@dataclass(frozen=True)
class Keys:
    """Names of the pictures of a task, in the order in which they are laid out."""

    names: tuple[str, str]

    @property
    def rows(self) -> tuple[str, ...]:
        """Keys of :func:`~drfuse.demo.views.images_of`, row by row."""
        a, b = self.names
        return (f'observed_{a}', f'restored_{a}', 'weights', f'observed_{b}', f'restored_{b}', 'fused')

    @property
    def titles(self) -> dict[str, str]:
        """Key to title."""
        a, b = (WORDS.get(name, name) for name in self.names)
        return dict(zip(self.rows, (f'{a}, observed', f'{a}, restored', f'weight of {a}',
                                    f'{b}, observed', f'{b}, restored', 'fused'), strict=True))


def request_of(values: tuple) -> Request:
    """Return the fields of the page as a request."""
    field = Controls(*values)
    return Request(field.sample, (field.file_a, field.file_b), field.degrade, field.tell,
                   (field.noise_a, field.noise_b), (field.blur_a, field.blur_b), int(field.factor[2:]),
                   int(field.steps), field.correction)


def guarded(function: Callable[..., Any]) -> Any:
    """Call a function; a mistake of the user becomes one line on the page."""
    try:
        return function()
    except (UserError, FileNotFoundError) as error:
        raise gr.Error(escape(' '.join(str(error).split()), quote=False), duration=None, title='This does not work',
                       print_exception=False) from None


def build_page(inferencer: FusionInferencer) -> gr.Blocks:
    """Return the page for one model."""
    keys = Keys(tuple(inferencer.modalities))
    with gr.Blocks(title='drfuse', analytics_enabled=False, fill_width=True, delete_cache=(600, 3600)) as page:
        gr.Markdown(f'# drfuse\nRestores two degraded pictures of one view and fuses them into one: '
                    f'{" and ".join(WORDS.get(name, name) for name in keys.names)}. '
                    'Everything stays on this machine.')
        with gr.Row():
            with gr.Column(scale=1, min_width=330):
                controls = _controls(inferencer, keys)
                button = gr.Button('Fuse', variant='primary', elem_id='fuse')
            with gr.Column(scale=3, min_width=340):
                results, sides = _results(keys)
        _connect(page, inferencer, keys, controls, button, results, sides)
    page.queue(default_concurrency_limit=1, api_open=False)
    return page


def _controls(inferencer: FusionInferencer, keys: Keys) -> Controls:
    first, second = (WORDS.get(name, name) for name in keys.names)
    samples = list(sample_names(inferencer.task))
    sample = gr.Dropdown([*samples, OWN], value=samples[0], label='Pair', elem_id='sample')
    with gr.Column(visible=False) as uploads:
        files = [gr.File(label=f'{letter}: {name}', height=120, elem_id=f'file_{letter.lower()}')
                 for letter, name in zip('AB', (first, second), strict=True)]
    with gr.Group(elem_id='sliders'):
        degrade = gr.Checkbox(True, label='clean pictures: degrade them here', elem_id='degrade')
        tell = gr.Checkbox(True, label='tell the model (else it estimates)', elem_id='tell')
        sliders = []
        for letter, name in zip('ab', (first, second), strict=True):
            sliders.append((gr.Slider(0, 50, 8, step=0.5, label=f'{name}: noise σ, of 255',
                                      elem_id=f'noise_{letter}', buttons=[]),
                            gr.Slider(0, 5, 1.5, step=0.1, label=f'{name}: blur σ, pixels',
                                      elem_id=f'blur_{letter}', buttons=[])))
        factor = gr.Radio([f'1/{f}' for f in FACTORS], value='1/2', label=f'{first}: resolution', elem_id='factor')
    total = max(trained_steps(inferencer.model), 1)
    with gr.Accordion('Model', open=False):
        steps = gr.Slider(1, total, total, step=1, label='steps T', info=f'trained with {total}', elem_id='steps',
                          interactive=total > 1, buttons=[])
        correction = gr.Slider(0, 1, 1, step=0.05, label='correction', elem_id='correction', buttons=[],
                               info='how far the observation corrects each step; 1 as trained, 0 not at all')
    sample.change(lambda name: gr.update(visible=name == OWN), sample, uploads, api_visibility='private')
    sample.input(lambda name: [name != OWN] * 2, sample, [degrade, tell], api_visibility='private')
    degrade.change(lambda here: gr.update(visible=here), degrade, factor, api_visibility='private')
    return Controls(sample, *files, degrade, tell, *sliders[0], factor, *sliders[1], steps, correction)


def _results(keys: Keys) -> tuple[Results, tuple[gr.Dropdown, gr.Dropdown]]:
    titles = keys.titles
    choices = [(title, key) for key, title in titles.items()]
    with gr.Row():
        sides = (gr.Dropdown(choices, value=keys.rows[3], label='left', elem_id='left', min_width=140),
                 gr.Dropdown(choices, value='fused', label='right', elem_id='right', min_width=140))
    compare = gr.ImageSlider(label='before and after', format='png', interactive=False, elem_id='compare',
                             buttons=['fullscreen'], height=440)
    with gr.Column(elem_id='results'):
        images = []
        for row in (keys.rows[:3], keys.rows[3:]):
            with gr.Row():
                images += [gr.Image(label=titles[key], format='png', interactive=False, elem_id=key, min_width=200,
                                    height=HEIGHT,
                                    buttons=['download', 'fullscreen']) for key in row]
    with gr.Row():
        downloads = tuple(gr.DownloadButton(label, interactive=False, elem_id=name, min_width=150) for name, label in
                          (('get_fused', 'Fused picture'), ('get_report', 'Report (HTML)'),
                           ('get_all', 'Everything (zip)')))
    assumed = gr.HTML(elem_id='assumed')
    with gr.Accordion('Metrics', open=True):
        metrics = gr.HTML(NOTHING, elem_id='metrics')
    return Results(compare, tuple(images), metrics, assumed, downloads, gr.State({})), sides


def _connect(page: gr.Blocks, inferencer: FusionInferencer, keys: Keys, controls: Controls, button: gr.Button,
             results: Results, sides: tuple[gr.Dropdown, gr.Dropdown]) -> None:
    outputs = [results.compare, *results.images, results.metrics, results.assumed, *results.downloads, results.state]
    gr.on([page.load, button.click], partial(_fuse, inferencer, keys), [*controls, *sides], outputs,
          api_visibility='private', show_progress_on=[results.compare])
    observed = [results.images[0], results.images[3]]
    changes = [controls.sample.change, controls.degrade.change, controls.factor.change, controls.file_a.change,
               controls.file_b.change, *(slider.release for slider in
                                         (controls.noise_a, controls.blur_a, controls.noise_b, controls.blur_b))]
    gr.on(changes, partial(_preview, inferencer), list(controls), observed, api_visibility='private',
          show_progress='hidden', trigger_mode='always_last')
    stale = [results.compare, *(image for image in results.images if image not in observed), results.metrics,
             results.assumed, *results.downloads, results.state]
    controls.sample.input(_cleared, None, stale, api_visibility='private', show_progress='hidden')
    for side in sides:
        side.change(_pair, [results.state, *sides], results.compare, api_visibility='private')


def _fuse(inferencer: FusionInferencer, keys: Keys, *values: Any, progress: Any = gr.Progress()) -> list:  # noqa: B008
    """Return the values of every component of the results."""
    def run() -> list:
        report = fuse_request(request_of(values[:-2]), inferencer,
                              lambda done, total: progress((done, total), desc='tiles'))
        progress(0.9, desc='measuring')
        images, files = images_of(report), write_files(report)
        downloads = [gr.update(value=str(file), interactive=True)
                     for file in (files.fused, files.report, files.everything)]
        shown = [images[key][1] if key in images else None for key in keys.rows]
        return [_pair(images, *values[-2:]), *shown, metrics_table(report),
                assumptions(report), *downloads, images]
    return guarded(run)


def _cleared() -> list:
    """Return empty values for what was made of another pair."""
    return [None] * 5 + [NOTHING, ''] + [gr.update(value=None, interactive=False)] * 3 + [{}]


def _preview(inferencer: FusionInferencer, *values: Any) -> list[np.ndarray | None]:
    """Return the observed pictures as they would be fused, nothing while one is missing."""
    request = request_of(values)
    if request.sample == OWN and None in request.files:
        return [None, None]
    sources = guarded(lambda: load_sources(request, inferencer.task))
    return [reduced(shown(picture), PREVIEW) for picture in sources.observed]


def _pair(images: Images, left: str, right: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the two pictures of the slider, nothing where one is missing."""
    return (images[left][1], images[right][1]) if {left, right} <= images.keys() else None
