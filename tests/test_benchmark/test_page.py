"""The page holds the numbers between its marks."""

import pytest

from drfuse.benchmark.page import MEASURED, measured_text, plot, update_page

FIT = dict(slope=0.9, offset=0.1, r2=0.999)
PARTS = dict(
    pipeline=dict(speedup=40.0, precision='bfloat16',
                  times={'paper eager float32': [29.0, 31.0], 'light default': [0.7, 0.8]},
                  seconds={'paper eager float32': 30.0, 'light default': 0.75},
                  speedups={'paper eager float32': 1.0, 'light default': 40.0}),
    stages=dict(float32=dict(seconds=dict(read=0.05), shares=dict(correction=0.14)),
                bfloat16=dict(seconds=dict(read=0.05), shares=dict(correction=0.15))),
    network=dict(seconds_per_step=dict(paper=9.0, light=0.1, paper_heap=6.0), speedup=90.0,
                 paper=dict(parameters_m=31.77, gflop_per_step=1519.0),
                 light=dict(parameters_m=0.54, gflop_per_step=28.0)),
    light_modes={'eager float32': 0.3, 'compiled float32': None},
    paper_modes=dict(size=[768, 1024], seconds={'eager float32': 2.0, 'folded float32': 1.0, 'folded bfloat16': 0.9},
                     speedups={'eager float32': 1.0, 'folded float32': 2.0, 'folded bfloat16': 2.2}),
    paper_modes_small=dict(size=[384, 512], seconds={'eager float32': 1.0}, speedups={'eager float32': 1.0}),
    paper_compiled=dict(size=[96, 128], seconds={'eager float32': 2.0, 'compiled float32': None},
                        speedups={'eager float32': 1.0, 'compiled float32': None}),
    pixels=dict(megapixels=[0.8, 3.1], seconds=[0.8, 2.9], fit=FIT, precision='bfloat16'),
    steps=dict(steps=[1, 2], seconds=[1, 2], fit=FIT),
    evaluation=dict(degrade=5.0, fuse=20.0, evaluate=15.0, total=40.0, pairs=20, size=[288, 512]),
    many={'10': 400.0, '1000': 405.0},
    start=dict(import_s=0.1, inferencer_import_s=3.0, help_s=0.4),
    memory=dict(fuse_peak_mib=800.0, import_peak_mib=370.0),
    roofline=dict(peaks=dict(float32=dict(gemm=165.0, conv=222.0), bfloat16=dict(gemm=410.0, conv=450.0)),
                  copy_gb_s=20.0, networks={'light float32': dict(gflop_s=111.0, share=0.5)}))
RESULT = dict(PARTS, machine=dict(processor='CPU', cores=2, threads=2, memory_gib=23.5, bfloat16_instructions=True,
                                  torch='2.13', drfuse='0.1'),
              size=[768, 1024], dates=dict.fromkeys(PARTS, '2026-01-01 00:00 UTC'))


def test_every_number_is_told():
    text = measured_text(RESULT)
    for part in ('| light default | 0.750 | 40.0 | 2 | 0.700 - 0.800 |', '| compiled float32 | not available |',
                 'together 40.0 s', '1000 pairs: 405 MiB', '| correction | 14.0% | 15.0% |', '90 times',
                 'in 6.000 s, 60 times',
                 '0.10 s + 0.90 s a megapixel', '800 MiB', 'bfloat16 instructions: yes', '1024 x 768',
                 '| light float32 | 111 | 50% |', 'float32, 1024 x 768 | at least 2.5 x | 2.2 x | **no** |',
                 '### The paper network, one step at 512 x 384'):
        assert part in text
    assert text.count('Measured 2026-01-01') == len(PARTS)


def test_what_was_not_measured_is_left_out(tmp_path):
    part = {key: RESULT[key] for key in ('machine', 'size', 'dates', 'start')}
    assert '### Start' in measured_text(part) and 'Files to file' not in measured_text(part)
    plot(part, tmp_path / 'figure.svg')
    assert not (tmp_path / 'figure.svg').exists()


def test_only_the_part_between_the_marks_changes(tmp_path):
    page = tmp_path / 'page.md'
    page.write_text('before\n{}\nstale\n{}\nafter\n'.format(*MEASURED))
    update_page(page, measured_text(RESULT))
    first = page.read_text()
    update_page(page, measured_text(RESULT))
    assert page.read_text() == first
    assert first.startswith('before\n') and first.endswith('after\n') and 'stale' not in first
    with pytest.raises(ValueError, match='needs the lines'):
        (tmp_path / 'other.md').write_text('nothing')
        update_page(tmp_path / 'other.md', '')


def test_the_figure_is_drawn(tmp_path):
    plot(RESULT, tmp_path / 'figure.svg')
    assert 'svg' in (tmp_path / 'figure.svg').read_text()
