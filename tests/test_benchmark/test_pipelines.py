"""What is compared is what it is called."""

import cv2
import pytest
import torch

from drfuse.benchmark.pipelines import costs, step_of, write_pair
from drfuse.models import DualDecoderUNet, LightUNet, StepwiseDenoiser


def test_the_pair_has_the_sizes_of_the_scenario(tmp_path):
    ir, vis = (cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in write_pair(tmp_path, (64, 96)))
    assert ir.shape == (16, 24) and vis.shape == (64, 96, 3)


def test_a_step_is_one_evaluation_of_a_network():
    network = LightUNet(widths=(8, 8, 16), emb_channels=16)
    assert step_of(network, (24, 32))().eps.shape == (1, 3, 24, 32)


def test_costs_count_a_multiplication_and_an_addition_as_two():
    network = DualDecoderUNet(base_channels=8, channel_multipliers=(1, 2), norm_groups=4, time_channels=32)
    whole, quarter = costs(network, (32, 32)), costs(network, (16, 16))
    assert whole['parameters_m'] == sum(p.numel() for p in network.parameters()) / 1e6
    assert whole['gflop_per_step'] == pytest.approx(4 * quarter['gflop_per_step'], rel=0.05)
    stem = 2 * 9 * 3 * 8 * 32 * 32 / 1e9
    assert stem < whole['gflop_per_step'] and not torch.is_inference_mode_enabled()


def test_costs_are_those_of_the_dearest_step():
    small, large = (dict(type='LightUNet', widths=(w, 8, 16), emb_channels=0) for w in (8, 16))
    networks = [StepwiseDenoiser(n) for n in ([small, large], [large, small], [small, small])]
    alone = costs(LightUNet(widths=(16, 8, 16), emb_channels=0), (24, 32))['gflop_per_step']
    first, second, third = (costs(n.to('meta'), (24, 32))['gflop_per_step'] for n in networks)
    assert first == second == alone > third


def test_costs_are_counted_without_computing():
    network = LightUNet(widths=(8, 8, 16), emb_channels=16)
    expected = costs(network, (24, 32))
    assert costs(network.to('meta'), (24, 32)) == expected
