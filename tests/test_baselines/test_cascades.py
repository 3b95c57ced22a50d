import pytest
import torch

from drfuse.baselines import Bicubic, Cascade, NonLocalMeans, PlugAndPlay
from drfuse.baselines.cascades import EnlargedOperator
from drfuse.degradations import Compose, Identity
from drfuse.registry import RESTORERS
from drfuse.testing import check_operator
from drfuse.utils.enlarge import enlarge

NLM, TV = dict(type='NonLocalMeans'), dict(type='TVADMM', weight=30.0)


@RESTORERS.register_module(force=True)
class Recorder(Bicubic):
    """Remembers what it got."""

    def restore(self, observation):
        self.seen = observation
        return super().restore(observation)


def test_stages_see_the_right_problem(composite):
    cascade = Cascade(dict(type='Recorder'), dict(type='Recorder'), residual=0.5)
    cascade(composite)
    first, second = cascade.denoise.seen, cascade.deblur.seen
    assert isinstance(first.A.operator, Identity) and torch.equal(first.sigma, composite.sigma)
    assert second.A is composite.A and torch.equal(second.sigma, composite.sigma / 2)


def test_enlarge_last_deblurs_on_the_grid_of_y(composite, scene):
    cascade = Cascade(NLM, dict(type='Recorder'), enlarge_last=True)
    image = cascade(composite)
    seen = cascade.deblur.seen
    assert seen.A.image_shape == composite.y.shape[-2:] and image.shape == scene.shape
    torch.testing.assert_close(seen.A.forward(seen.y), composite.A.forward(enlarge(seen.y, scene.shape[-2:])))


def test_enlarged_operator_keeps_the_promises():
    A = Compose([dict(type='GaussianBlur', sigma=1.2, kernel_size=9), dict(type='AveragePool', factor=2)])
    params = A.sample_params(torch.Generator().manual_seed(0))
    check_operator(EnlargedOperator(A.bind(params, (32, 30))), image_shape=(16, 15))


@pytest.mark.parametrize('last', [False, True])
def test_cascade_beats_its_parts_on_composites(composite, error, last):
    result = error(Cascade(NLM, TV, enlarge_last=last)(composite))
    assert result < error(Bicubic()(composite)) and result < error(NonLocalMeans()(composite))


def smooth(image, sigma):
    """Stand-in for a trained denoiser: a mean filter, weaker for less noise."""
    mean = torch.nn.functional.avg_pool2d(image, 3, 1, 1, count_include_pad=False)
    return image + (mean - image) * (sigma / 0.1).clamp(max=1)


def test_plug_and_play_restores(composite, error):
    restorer = PlugAndPlay(init=dict(type='Bicubic'), start=0.1, weight=0.5)
    restorer.attach(smooth)
    assert restorer.uses_denoiser and not Cascade(NLM, TV).uses_denoiser
    assert error(restorer(composite)) < error(Bicubic()(composite))


def test_levels_fall_to_the_noise(composite):
    levels = []
    restorer = PlugAndPlay(init=dict(type='Bicubic'), steps=4, start=0.08)
    restorer.attach(lambda image, sigma: levels.append(float(sigma[0])) or image)
    restorer(composite)
    assert levels[0] == pytest.approx(0.08) and levels == sorted(levels, reverse=True)
    assert levels[-1] == pytest.approx(0.02, rel=0.05)  # .04, averaged over 2 x 2 pixels, fewer at the border


def test_denoiser_reaches_the_stages():
    cascade = Cascade(dict(type='LearnedDenoiser'), dict(type='PlugAndPlay', init=dict(type='LearnedDenoiser')))
    cascade.attach(smooth)
    assert cascade.uses_denoiser
    assert cascade.denoise.denoiser is cascade.deblur.denoiser is cascade.deblur.init.denoiser is smooth


def test_arguments_are_checked():
    with pytest.raises(ValueError, match='residual must be >= 0, got -1'):
        Cascade(NLM, TV, residual=-1)
    with pytest.raises(ValueError, match='0 < end <= start'):
        PlugAndPlay(init=NLM, start=0.001)
