"""Parts are timed, and methods are put back."""

import time

from drfuse.benchmark.parts import timed, timed_parts


class Sleeper:
    def nap(self, seconds):
        time.sleep(seconds)
        return seconds


def test_times_add_up_and_the_method_comes_back():
    sleeper, total = Sleeper(), {}
    with timed(sleeper, 'nap', total, 'part'):
        assert sleeper.nap(0.02) == 0.02 and sleeper.nap(0.02) == 0.02
    assert 0.04 <= total['part'] < 1 and 'nap' not in vars(sleeper)


class Inferencer:
    """As much of an inferencer as is looked at."""

    def __init__(self):
        self.model = self
        self.backbone, self.sampler = Part(), Part()

    def __call__(self, a, b, degradation):
        self.sampler.forward(self.backbone)


class Part:
    def forward(self, backbone=None):
        if backbone is None:
            return time.sleep(0.03)
        self._condition()
        backbone.forward()
        self._correct()
        return None

    def _condition(self):
        time.sleep(0.01)

    def _correct(self):
        time.sleep(0.01)

    def _pinv_noise(self):
        pass


def test_shares_of_the_steps():
    shares = timed_parts(Inferencer(), ('a', 'b'), 1)
    assert abs(sum(shares.values()) - 1) < 1e-6
    assert shares['network'] > shares['correction'] > 0.05
