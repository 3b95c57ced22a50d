"""The page holds the numbers between its marks."""

import pytest

from drfuse.benchmark.page import END, START, measured_text, plot, update_page

FIT = dict(slope=0.9, offset=0.1, r2=0.999)
RESULT = dict(
    machine=dict(processor='CPU', cores=2, threads=2, memory_gib=23.5, bfloat16_instructions=True, torch='2.13',
                 drfuse='0.1', date='2026-01-01'),
    size=[768, 1024], repeats=5,
    pipeline=dict(seconds={'paper eager float32': 30.0, 'light default': 0.75}, precision='bfloat16',
                  speedups={'paper eager float32': 1.0, 'light default': 40.0}, stages=dict(read=0.05),
                  correction_share=dict(correction=0.14)),
    network=dict(seconds_per_step=dict(paper=9.0, light=0.1), speedup=90.0,
                 paper=dict(parameters_m=31.77, gflop_per_step=1519.0),
                 light=dict(parameters_m=0.54, gflop_per_step=28.0)),
    light_modes={'eager float32': 0.3, 'compiled float32': None},
    paper_modes=dict(size=[384, 512], seconds={'eager float32': 2.0}, speedups={'eager float32': 1.0}),
    growth=dict(pixels=dict(megapixels=[0.8, 3.1], seconds=[0.8, 2.9], fit=FIT),
                steps=dict(steps=[1, 2], seconds=[1, 2], fit=FIT)),
    sets=dict(evaluation=dict(degrade=5.0, fuse=20.0, evaluate=15.0, total=40.0, pairs=20), evaluation_size=[288, 512],
              peak_mib_by_pairs={'10': 400.0, '1000': 405.0}),
    start=dict(import_s=0.1, inferencer_import_s=3.0, help_s=0.4),
    memory=dict(fuse_peak_mib=800.0, import_peak_mib=370.0))


def test_every_number_is_told():
    text = measured_text(RESULT)
    for part in ('| light default | 0.750 | 40.0 |', '| compiled float32 | not available |',
                 'together 40.0 s', '1000 pairs: 405 MiB',
                 'correction 14%', '90 times',
                 '0.10 s + 0.90 s a megapixel', '800 MiB', 'bfloat16 instructions: yes', '1024 x 768'):
        assert part in text


def test_only_the_part_between_the_marks_changes(tmp_path):
    page = tmp_path / 'page.md'
    page.write_text(f'before\n{START}\nstale\n{END}\nafter\n')
    update_page(page, RESULT)
    first = page.read_text()
    update_page(page, RESULT)
    assert page.read_text() == first
    assert first.startswith('before\n') and first.endswith('after\n') and 'stale' not in first
    with pytest.raises(ValueError, match='needs the lines'):
        (tmp_path / 'other.md').write_text('nothing')
        update_page(tmp_path / 'other.md', RESULT)


def test_the_figure_is_drawn(tmp_path):
    plot(RESULT, tmp_path / 'figure.svg')
    assert 'svg' in (tmp_path / 'figure.svg').read_text()
