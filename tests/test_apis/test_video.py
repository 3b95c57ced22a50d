"""Clips: matched, one degradation throughout, finished frames kept, and no more flicker than in the sources."""

import copy
import json
import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config

from drfuse.apis import FusionInferencer, list_models
from drfuse.apis.degradation_spec import parse_degradation
from drfuse.apis.frames import open_frames
from drfuse.apis.video import (
    SETTINGS,
    Clip,
    ClipTarget,
    clip_settings,
    combine_stages,
    fuse_clip,
    match_clips,
    open_target,
    settle_clip,
)
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.evaluation.temporal import flicker
from drfuse.registry import MODELS
from drfuse.utils.config import UserError

FRAMES, SIGMA = 6, 0.055


@pytest.fixture(scope='module')
def clips(tmp_path_factory):
    """Folders a and b: a static scene with independent noise in every frame."""
    root = tmp_path_factory.mktemp('clips')
    pairs = EmbeddedPairs(task='ivf', split='test', num=1, size=(48, 64))
    rng = np.random.default_rng(0)
    for folder, image in zip('ab', pairs.render(pairs.stems[0]).values(), strict=True):
        (root / folder).mkdir()
        for i in range(FRAMES):
            noisy = np.clip(image + 255 * SIGMA * rng.standard_normal(image.shape), 0, 255).round().astype(np.uint8)
            cv2.imwrite(str(root / folder / f'{i:03d}.png'), noisy if noisy.ndim == 2 else noisy[..., ::-1])
    return root


@pytest.fixture(scope='module')
def light(tmp_path_factory, repo_dir):
    """An untrained light model: it passes A^+ y on and gives both sources the same weight."""
    root = tmp_path_factory.mktemp('light')
    config = root / 'light.py'
    config.write_text(f'_base_ = {str(repo_dir / "configs/light/ivf.py")!r}\n')
    model = MODELS.build(Config.fromfile(str(config)).model)
    torch.save(dict(state_dict=model.state_dict(), meta={}), root / 'light.pth')
    return FusionInferencer(str(config), root / 'light.pth', 'cpu', task='ivf')


@pytest.fixture
def clip(clips):
    return match_clips(open_frames(clips / 'a'), open_frames(clips / 'b'))


def known(sigma=SIGMA):
    return parse_degradation(dict(a=dict(blur='none', noise=sigma), b=dict(blur='none', noise=sigma)), ('ir', 'vis'))


def fuse(clip, output, inferencer, specs=None, overwrite=False, resume=False, steady=False):
    target = ClipTarget.of(output)
    specs, _ = settle_clip(clip, inferencer, specs or known())
    settings = clip_settings(clip, inferencer, specs, False, 'guided', steady)
    open_target(target, clip.b.names[:clip.frames], settings, overwrite, resume)
    return fuse_clip(clip, target, inferencer, specs, steady=steady)


def pixels(folder):
    return [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted(folder.glob('*.png'))]


def luminance(folder):
    return [cv2.cvtColor(p, cv2.COLOR_BGR2GRAY) if p.ndim == 3 else p for p in pixels(folder)]


def test_the_result_flickers_less_than_the_sources(clip, clips, light, tmp_path):
    fuse(clip, tmp_path / 'out', light)
    assert len(pixels(tmp_path / 'out')) == FRAMES
    result, *sources = (flicker(luminance(folder)) for folder in (tmp_path / 'out', clips / 'a', clips / 'b'))
    assert 0 < result <= min(sources)
    assert result == pytest.approx(math.hypot(*sources) / 2, rel=0.15)  # the mean of two independent sources


def test_a_steady_clip_flickers_less_and_is_continued_alike(clip, light, tmp_path):
    fuse(clip, tmp_path / 'single', light)
    fuse(clip, tmp_path / 'steady', light, steady=True)
    single, steady = (flicker(luminance(tmp_path / name)[2:]) for name in ('single', 'steady'))
    assert steady < 0.75 * single
    whole = pixels(tmp_path / 'steady')
    for path in sorted((tmp_path / 'steady').glob('*.png'))[3:]:
        path.unlink()
    assert fuse(clip, tmp_path / 'steady', light, resume=True, steady=True) == 3
    assert all(np.array_equal(a, b) for a, b in zip(whole, pixels(tmp_path / 'steady'), strict=True))


def test_the_shipped_model_flickers_less_than_the_sources(clip, clips, tmp_path):
    if 'ivf' not in list_models():
        pytest.skip('no model is shipped yet')
    fuse(clip, tmp_path / 'out', FusionInferencer('ivf', device='cpu'))
    result, *sources = (flicker(luminance(folder)) for folder in (tmp_path / 'out', clips / 'a', clips / 'b'))
    assert result <= min(sources)


def test_finished_frames_are_kept(clip, light, tmp_path):
    assert fuse(clip, tmp_path / 'out', light) == 0
    files = sorted((tmp_path / 'out').glob('*.png'))
    whole = pixels(tmp_path / 'out')
    before = files[2].stat().st_mtime_ns
    for path in files[3:]:
        path.unlink()
    assert fuse(clip, tmp_path / 'out', light, resume=True) == 3
    assert files[2].stat().st_mtime_ns == before
    assert all(np.array_equal(a, b) for a, b in zip(whole, pixels(tmp_path / 'out'), strict=True))


def test_a_video_file_is_joined_from_frames_and_these_are_removed(clip, light, tmp_path):
    target = ClipTarget.of(tmp_path / 'out.avi')
    specs, _ = settle_clip(clip, light, known())
    open_target(target, clip.b.names, clip_settings(clip, light, specs, False, 'guided'), False, False)
    done = []
    with pytest.raises(KeyboardInterrupt):
        fuse_clip(clip, target, light, specs, advance=lambda: done.append(0) or stop(len(done)))
    assert not target.output.exists() and len(pixels(target.folder)) == 2
    assert fuse(clip, tmp_path / 'out.avi', light, resume=True) == 2
    assert [p.name for p in tmp_path.iterdir()] == ['out.avi']
    assert len(list(open_frames(tmp_path / 'out.avi').read())) == FRAMES


def stop(done):
    if done == 2:
        raise KeyboardInterrupt


def test_what_exists_is_safe(clip, light, tmp_path):
    fuse(clip, tmp_path / 'out', light)
    with pytest.raises(UserError, match='is not empty: --overwrite replaces frames, --resume continues'):
        fuse(clip, tmp_path / 'out', light)
    with pytest.raises(UserError, match='was made with other sources or settings'):
        fuse(clip, tmp_path / 'out', light, specs=known(0.1), resume=True)
    assert fuse(clip, tmp_path / 'out', light, specs=known(0.1), overwrite=True) == 0
    with pytest.raises(UserError, match='exclude each other'):
        fuse(clip, tmp_path / 'out', light, overwrite=True, resume=True)
    (tmp_path / 'old.mp4').write_bytes(b'')
    with pytest.raises(UserError, match=r'old\.mp4 exists'):
        fuse(clip, tmp_path / 'old.mp4', light)
    with pytest.raises(UserError, match=r'clips are written as \.mp4, \.mkv, \.avi, or as frames'):
        ClipTarget.of(tmp_path / 'x.gif')


def test_frames_are_kept_until_they_are_in_the_video_file(clip, light, tmp_path, lossy_writer):
    with pytest.raises(UserError, match=f'it holds {FRAMES - 1} of {FRAMES} frames'):
        fuse(clip, tmp_path / 'out.avi', light)
    assert len(pixels(tmp_path / 'out.avi.frames')) == FRAMES
    assert not (tmp_path / 'out.avi').exists()


def test_frames_of_a_longer_clip_do_not_stay(clip, light, tmp_path):
    fuse(clip, tmp_path / 'out', light)
    (tmp_path / 'out' / 'mine.png').write_bytes(b'')
    fuse(replace(clip, frames=2), tmp_path / 'out', light, overwrite=True)
    assert sorted(p.name for p in (tmp_path / 'out').iterdir()) == ['000.png', '001.png', SETTINGS, 'mine.png']


@pytest.mark.parametrize('noted', ['{', '[]', '{"names": 3}', '{"names": ["../mine", 5, ""]}'])
def test_notes_that_are_damaged_remove_nothing_else(clip, tmp_path, noted):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'mine.png').write_bytes(b'')
    (tmp_path / 'out' / SETTINGS).write_text(noted)
    target = ClipTarget.of(tmp_path / 'out')
    with pytest.raises(UserError, match='was made with other sources or settings'):
        open_target(target, clip.b.names, {}, False, True)
    open_target(target, clip.b.names, {}, True, False)
    assert (tmp_path / 'mine.png').exists()
    assert json.loads((tmp_path / 'out' / SETTINGS).read_text())['names'] == list(clip.b.names)


def test_a_clip_is_not_continued_under_other_names(clip, tmp_path):
    target = ClipTarget.of(tmp_path / 'out')
    open_target(target, ['a', 'b'], {}, False, False)
    open_target(target, ['a', 'b'], {}, False, True)
    with pytest.raises(UserError, match='was made with other sources or settings'):
        open_target(target, ['a', 'c'], {}, False, True)


@pytest.mark.parametrize('change', ['precision', 'config', 'task'])
def test_what_changes_frames_is_in_the_settings(clip, light, change):
    other = copy.copy(light)
    if change == 'config':
        other.loaded = replace(light.loaded, config_sha256='0' * 64)
    else:
        setattr(other, change, dict(precision='bfloat16', task='mif')[change])
    first, second = (clip_settings(clip, inferencer, known(), False, 'guided') for inferencer in (light, other))
    assert [key for key in first if first[key] != second[key]] == [change]


def test_estimates_are_made_once(clip, light):
    specs, _ = settle_clip(clip, light, parse_degradation(None, ('ir', 'vis')))
    assert all(spec.stages is not None and spec.origin == 'estimated on 5 frames' for spec in specs)
    assert specs == settle_clip(clip, light, parse_degradation(None, ('ir', 'vis')))[0]
    sigma = next(s['sigma'] for s in specs[1].stages if s['type'] == 'GaussianNoise')
    assert sigma == pytest.approx(SIGMA, rel=0.4)


def test_the_most_frequent_kind_and_the_medians_count():
    noise = [[dict(type='GaussianNoise', sigma=s)] for s in (0.01, 0.05, 0.02)]
    blurred = [dict(type='GaussianBlur', sigma=1.0, kernel_size=9), dict(type='GaussianNoise', sigma=0.5)]
    assert combine_stages([*noise, blurred]) == [dict(type='GaussianNoise', sigma=0.02)]
    other = [dict(type='GaussianBlur', sigma=2.0, kernel_size=17), dict(type='GaussianNoise', sigma=0.1)]
    assert combine_stages([blurred, other])[0] == dict(type='GaussianBlur', sigma=1.5, kernel_size=9)


class Frames:
    """A source of a given length."""

    def __init__(self, path, count, fps=None):
        self.path, self.names, self.fps, self.count = path, [str(i) for i in range(count)], fps, count

    def __len__(self):
        return len(self.names)

    def read(self, start=0):
        return iter(range(start, self.count))


def test_clips_must_fit():
    a, b = Frames('a', 4, 25.0), Frames('b', 5, 25.1)
    with pytest.raises(UserError, match='a has 4 frames and b 5: --pad shortest'):
        match_clips(a, b)
    assert match_clips(a, b, 'shortest') == Clip(a, b, 4, 25.1)
    with pytest.raises(UserError, match='a has 25 frames per second and b 30'):
        match_clips(a, Frames('b', 4, 30.0))
    assert match_clips(a, Frames('b', 4, 30.0), fps=10).fps == 10
    assert match_clips(Frames('a', 4), Frames('b', 4)).fps == 25
    for options, text in ((dict(pad='longest'), 'pad must be one of error, shortest'), (dict(fps=0), 'fps must be')):
        with pytest.raises(UserError, match=text):
            match_clips(a, a, **options)


def test_a_file_that_ends_early_is_an_error():
    short = Frames('b', 5)
    short.count = 3
    with pytest.raises(UserError, match='b ends after 3 frames instead of 5'):
        list(Clip(Frames('a', 5), short, 5, 25).pairs())
