"""The split model computes what the shared one computes, until training lets its networks differ."""

import pytest
import torch

from drfuse.diffusion.denoiser import StepCondition
from drfuse.registry import MODELS
from drfuse.testing.backbone_contract import perturbed
from drfuse.utils.config import UserError

SHAPE = dict(type='LightUNet', widths=(8, 8, 16), encoder_blocks=(1, 1, 1), weight_bands=2)


@pytest.fixture
def tool(load_tool):
    return load_tool('model_converters/split_steps.py')


DATA = "test_dataloader = dict(dataset=dict(type='PairedFusionDataset', data_prefix=dict(ir='ir', vis='vis')))\n"
LAST = dict(SHAPE, emb_channels=0, refined_weights=4)
SHARED = dict(SHAPE, emb_channels=16, refined_weights=4)


def config(backbone, steps=2):
    scale = dict(type='LearnedScale', num_steps=steps, fused=1.0)
    return dict(type='DRFusion', backbone=backbone, sampler=dict(
        type='FusionDDIMSampler', num_steps=steps, correction_scale=scale, fusion=dict(type='StarletFusion', bands=2)))


def stepwise(**early):
    return dict(type='StepwiseDenoiser', networks=[LAST, dict(LAST, **early)])


def model(backbone, steps=2):
    torch.manual_seed(0)
    return MODELS.build(config(backbone, steps)).eval()


def shared():
    result = model(SHARED)
    result.backbone = perturbed(result.backbone, 0)
    with torch.no_grad():
        result.sampler.correction_scale.bias.add_(0.5)
    return result


def known():
    maps = torch.rand(1, 2, 24, 24, generator=torch.Generator().manual_seed(2))
    return torch.cat((maps, maps[:, :1]), 1), StepCondition(
        maps, 0.1 * maps, 0.05 * torch.ones_like(maps), alpha_bar=torch.tensor(0.9))


def test_a_split_model_starts_where_the_shared_one_ended(tool):
    source, target = shared(), model(stepwise(decoder_blocks=(2, 2), weight_blocks=0, refined_weights=0))
    target.load_state_dict(tool.split(source, target))
    (x, cond), steps = known(), torch.tensor([1])
    with torch.no_grad():
        for t in (1, 2):
            expected, found = source.backbone(x, t * steps, cond), target.backbone(x, t * steps, cond)
            torch.testing.assert_close(found.eps, expected.eps, atol=1e-5, rtol=1e-5)
        assert not found.weight_logits.any()  # its branch is another one, and starts balanced
        expected, found = source.backbone(x, steps, cond), target.backbone(x, steps, cond)
    torch.testing.assert_close(found.weight_logits, expected.weight_logits, atol=1e-5, rtol=1e-5)
    assert torch.equal(target.sampler.correction_scale.bias, source.sampler.correction_scale.bias)


def test_steps_are_taken_from_networks_of_their_own(tool):
    source = model(stepwise())
    source.backbone = perturbed(source.backbone, 1)
    with torch.no_grad():
        source.sampler.schedule.raw.copy_(torch.tensor([0.3, 0.6]))
    target = model(dict(type='StepwiseDenoiser', networks=[LAST]), steps=1)
    target.load_state_dict(tool.split(source, target, [2]))
    (x, cond), steps = known(), torch.tensor([1])
    with torch.no_grad():
        found, expected = target.backbone(x, steps, cond), source.backbone(x, 2 * steps, cond)
    torch.testing.assert_close(found.eps, expected.eps)
    assert target.sampler.schedule.raw.tolist() == [pytest.approx(0.6)]


def test_more_bands_and_votes_start_as_what_was_there(tool):
    source = model(stepwise())
    source.backbone = perturbed(source.backbone, 1)
    target = model(dict(type='StepwiseDenoiser', networks=[dict(LAST, weight_bands=4, weight_votes=(1, 3)),
                                                           dict(LAST, weight_bands=4)]))
    target.load_state_dict(tool.split(source, target))
    (x, cond), steps = known(), torch.tensor([1])
    with torch.no_grad():
        found = target.backbone(x, steps, cond).weight_logits.unflatten(1, (2, 4))
        expected = source.backbone(x, steps, cond).weight_logits.unflatten(1, (2, 2))
    torch.testing.assert_close(found, expected[:, :, [0, 1, 1, 1]])
    assert not target.backbone.networks[0].weight_votes.head.weight.any()


def test_steps_may_start_balanced(tool):
    votes = dict(LAST, weight_votes=(1, 3))
    source, target = (model(dict(type='StepwiseDenoiser', networks=[votes, votes])) for _ in range(2))
    source.backbone = perturbed(source.backbone, 1)
    target.load_state_dict(tool.split(source, target, balanced=[2]))
    (x, cond), steps = known(), torch.tensor([1])
    with torch.no_grad():
        found, expected = (m.backbone(x, 2 * steps, cond) for m in (target, source))
        torch.testing.assert_close(found.eps, expected.eps)
        assert not found.weight_logits.any() and expected.weight_logits.any()
        assert target.backbone(x, steps, cond).weight_logits.any()
    with pytest.raises(UserError, match=r'--balance needs steps of 1\.\.2, got 3'):
        tool.split(source, target, balanced=[3])


@pytest.mark.parametrize('take', [[1], [1, 3], [0, 1]])
def test_steps_that_are_not_there_are_refused(tool, take):
    with pytest.raises(UserError, match=rf'--take needs 2 steps of 1\.\.2, got {" ".join(map(str, take))}'):
        tool.split(model(stepwise()), model(stepwise()), take)


def test_other_kinds_are_refused(tool):
    with pytest.raises(UserError, match='and StepwiseDenoiser, got LightUNet and LightUNet'):
        tool.split(shared(), shared())


def test_command(tool, tmp_path, capsys):
    source, target = shared(), model(stepwise())
    torch.save(dict(state_dict=source.state_dict()), tmp_path / 'shared.pth')
    for name, backbone in (('shared', SHARED), ('split', stepwise())):
        (tmp_path / f'{name}.py').write_text(f'model = {config(backbone)!r}\n{DATA}')
    tool.main([str(tmp_path / name) for name in ('shared.pth', 'shared.py', 'split.py', 'new/split.pth')])
    assert f'{sum(p.numel() for p in target.parameters()):,} parameters' in capsys.readouterr().out
    target.load_state_dict(torch.load(tmp_path / 'new/split.pth')['state_dict'])
