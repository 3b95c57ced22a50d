"""The contract accepts right operators and names what is wrong with others."""

import pytest
import torch
from torch.nn import functional as F

from drfuse.degradations.identity import Identity
from drfuse.degradations.linear_operator import LinearOperator
from drfuse.testing import check_operator
from drfuse.utils.seed import uniform


class Gain(LinearOperator):
    """A = g I with g drawn per sample; a full closed form."""

    default_pinv_solver = None
    pinv_level = 'moore_penrose'
    white_to_white = True
    invertible = True

    def sample_params(self, generator):
        return dict(gain=uniform((0.5, 2.0), generator))

    def forward(self, x, params):
        return params['gain'].view(-1, 1, 1, 1) * x

    def pinv(self, y, params, image_shape):
        return y / params['gain'].view(-1, 1, 1, 1)


class FirstRows(LinearOperator):
    """Keeps the upper half; adjoint by differentiation, pseudoinverse by conjugate gradients."""

    def forward(self, x, params):
        return x[..., :self.output_shape(x.shape[-2:])[0], :]

    def output_shape(self, image_shape):
        return (image_shape[0] // 2, image_shape[1])


class SmoothRows(LinearOperator):
    """An ill-conditioned smoothing along rows, by conjugate gradients."""

    def forward(self, x, params):
        kernel = x.new_tensor([0.25, 0.5, 0.25]).view(1, 1, 1, 3)
        with torch.autocast(x.device.type, enabled=False):
            return F.conv2d(x.flatten(0, 1)[:, None], kernel, padding=(0, 1)).view(x.shape)


class SkewedGain(Gain):
    """A {1,2,3}-inverse that is no Moore-Penrose inverse: it fills the unseen rows with a copy."""

    white_to_white = False
    invertible = False
    pinv_level = 'reflexive'

    def forward(self, x, params):
        return super().forward(x[..., :x.shape[-2] // 2, :], params)

    def output_shape(self, image_shape):
        return (image_shape[0] // 2, image_shape[1])

    def pinv(self, y, params, image_shape):
        x = super().pinv(y, params, image_shape)
        return torch.cat([x, x], -2)


class NoInverse(Gain):
    pinv_level = 'approximate'

    def pinv(self, y, params, image_shape):
        return 0.9 * y


@pytest.mark.parametrize('operator', [Identity, Gain, FirstRows, SmoothRows, SkewedGain, NoInverse])
def test_right_operators_pass(operator):
    check_operator(operator())


@pytest.mark.parametrize('shape', [(8, 8), (10, 7)])
def test_other_sizes_and_one_sample(shape):
    check_operator(Gain(), image_shape=shape, batch=1, channels=1, seed=5)


class Affine(Gain):
    def forward(self, x, params):
        return super().forward(x, params) + 1e-6


class WrongAdjoint(Gain):
    def adjoint(self, y, params, image_shape):
        return (1 + 1e-9) * self.forward(y, params)


class WrongInverse(Gain):
    invertible = False

    def pinv(self, y, params, image_shape):
        return (1 + 1e-6) * super().pinv(y, params, image_shape)


class OverclaimedLevel(SkewedGain):
    pinv_level = 'moore_penrose'


class UnknownLevel(Gain):
    pinv_level = 'perfect'


class NotWhite(SmoothRows):
    white_to_white = True


class NotInvertible(FirstRows):
    invertible = True


class WrongShape(FirstRows):
    def output_shape(self, image_shape):
        return (image_shape[0] // 2, image_shape[1] + 1)

    def forward(self, x, params):
        return x[..., :x.shape[-2] // 2, :]


class MixesSamples(Gain):
    def forward(self, x, params):
        return params['gain'].mean() * x

    def pinv(self, y, params, image_shape):
        return y / params['gain'].mean()


class Remembers(Gain):
    def forward(self, x, params):
        self.last = float(params['gain'][0])
        return super().forward(x, params)


class ChangesParams(Gain):
    def forward(self, x, params):
        result = super().forward(x, params)
        params['gain'].mul_(1 + 1e-13)
        return result

    def adjoint(self, y, params, image_shape):
        return super().forward(y, params)


class ChangesInput(Gain):
    def forward(self, x, params):
        return x.mul_(params['gain'].view(-1, 1, 1, 1)) if not x.requires_grad else super().forward(x, params)


class CutsGradient(Gain):
    def forward(self, x, params):
        return super().forward(x, params) if not x.requires_grad else super().forward(x.detach(), params) + 0 * x

    def adjoint(self, y, params, image_shape):
        return super().forward(y, params)


class CutsInverseGradient(Gain):
    def pinv(self, y, params, image_shape):
        return super().pinv(y.detach(), params, image_shape) + 0 * y


class Promotes(Gain):
    def forward(self, x, params):
        return super().forward(x, params) * torch.ones((), dtype=torch.float64, device=x.device).expand(x.shape)


class GeneratesOtherwise(Gain):
    def degrade(self, image, params, generator):
        return self.forward(image, params).clamp(0, 1)


class ShortReach(SmoothRows):
    def reach(self, params):
        return 0


@pytest.mark.parametrize(('operator', 'promise'), [
    (Affine, 'linearity'),
    (WrongAdjoint, 'adjoint: <A x, y> = <x, A^T y>: relative difference'),
    (WrongInverse, 'Penrose 1'),
    (OverclaimedLevel, 'Penrose 4'),
    (UnknownLevel, "pinv_level is 'perfect', allowed"),
    (NotWhite, 'white_to_white'),
    (NotInvertible, 'invertible: A is not square'),
    (WrongShape, 'output_shape: got'),
    (MixesSamples, 'batch: forward'),
    (Remembers, 'stateless: a call changed the attributes'),
    (ChangesParams, "stateless: a call changed the parameter 'gain'"),
    (ChangesInput, 'stateless: forward changed its input'),
    (CutsGradient, 'gradient through A x'),
    (CutsInverseGradient, r'gradient through A\^\+ y'),
    (Promotes, 'autocast: forward of float32 gives torch.float64'),
    (GeneratesOtherwise, 'degrade is not A x'),
    (ShortReach, 'window: A on Window.* differs beyond its reach of 0'),
])
def test_broken_promise_is_named(operator, promise):
    with pytest.raises(AssertionError, match=promise.replace('A^T', r'A\^T')) as failure:
        check_operator(operator())
    assert str(failure.value).startswith(operator.__name__)
