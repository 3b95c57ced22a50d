"""Which precision is chosen, and what a model becomes."""

import pytest
import torch
from torch import nn

from drfuse.apis import precision
from drfuse.apis.precision import accelerate, choose_precision, has_bfloat16_instructions
from drfuse.models import LightUNet
from drfuse.models.backbones.folded_light_unet import FoldedLightUNet
from drfuse.utils.config import UserError

CPU = torch.device('cpu')


def model():
    result = nn.Module()
    result.backbone = LightUNet(widths=(8, 8, 16), emb_channels=16)
    return result


@pytest.mark.parametrize(('line', 'found'), [('flags\t: fpu avx512f avx512_bf16', True), ('flags\t: fpu avx2', False),
                                             ('Features\t: asimd bf16', True), ('', False)])
def test_instructions_are_read_from_the_system(tmp_path, monkeypatch, line, found):
    (tmp_path / 'cpuinfo').write_text(f'processor : 0\n{line}\n')
    monkeypatch.setattr(precision, '_CPUINFO', tmp_path / 'cpuinfo')
    has_bfloat16_instructions.cache_clear()
    assert has_bfloat16_instructions() is found
    has_bfloat16_instructions.cache_clear()


@pytest.mark.parametrize('instructions', [True, False])
@pytest.mark.parametrize('keeps', [True, False])
def test_auto_needs_instructions_and_accuracy(monkeypatch, instructions, keeps):
    monkeypatch.setattr(precision, 'has_bfloat16_instructions', lambda: instructions)
    assert choose_precision('auto', keeps, CPU) == ('bfloat16' if instructions and keeps else 'float32')


def test_a_given_precision_holds():
    assert choose_precision('bfloat16', False, CPU) == 'bfloat16'
    with pytest.raises(UserError, match="precision must be one of auto, float32, bfloat16, got 'half'"):
        choose_precision('half', True, CPU)


def test_networks_are_replaced_where_they_have_a_faster_form():
    net = model()
    assert accelerate(net, 'bfloat16') and isinstance(net.backbone, FoldedLightUNet)
    assert net.backbone.dtype == torch.bfloat16
    assert not accelerate(nn.Module(), 'float32')
