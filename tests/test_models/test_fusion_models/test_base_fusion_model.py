import pytest

from drfuse.models import BaseFusionModel, FusionDataPreprocessor


class Echo(BaseFusionModel):
    def loss(self, inputs, data_samples):
        return 'loss', inputs, data_samples

    def predict(self, inputs, data_samples=None):
        return 'predict', inputs, data_samples

    def _forward(self, inputs):
        return 'tensor', inputs


def test_dispatch():
    model = Echo()
    assert model('x') == ('tensor', 'x')
    assert model('x', ['s'], mode='loss') == ('loss', 'x', ['s'])
    assert model('x', mode='predict') == ('predict', 'x', None)


def test_wrong_mode():
    with pytest.raises(ValueError, match=r"mode must be one of \('loss', 'predict', 'tensor'\), got 'train'"):
        Echo()('x', mode='train')


def test_loss_needs_samples():
    with pytest.raises(ValueError, match="mode 'loss' needs data_samples with gt_sources, got None"):
        Echo()('x', mode='loss')


def test_preprocessor_is_ours_outside_a_runner_too():
    assert isinstance(Echo().data_preprocessor, FusionDataPreprocessor)
    mine = FusionDataPreprocessor(non_blocking=True)
    assert Echo(data_preprocessor=mine).data_preprocessor is mine
    config = dict(type='FusionDataPreprocessor', non_blocking=True)
    assert Echo(data_preprocessor=config).data_preprocessor._non_blocking
