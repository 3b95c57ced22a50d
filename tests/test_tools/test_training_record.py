"""What a training took and reached, from its logs."""

import json

CONFIG = """load_from = {start!r}
train_dataloader = dict(batch_size=4, dataset=dict(crop_size=64))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
"""


def make_run(folder, start, logs, psnr):
    folder.mkdir()
    (folder / f'{folder.name}.py').write_text(CONFIG.format(start=start))
    for name, entries in logs.items():
        scalars = folder / name / 'vis_data' / 'scalars.json'
        scalars.parent.mkdir(parents=True)
        scalars.write_text(''.join(json.dumps(e) + '\n' for e in entries))
    metrics = {'PSNR/ir': psnr, 'PSNR/vis': 31.0, 'PSNR/mean': 30.0, 'QMI/clean': 0.4}
    (folder / 'val_metrics.jsonl').write_text(
        ''.join(json.dumps(dict(iter=i, metrics={**metrics, 'QMI/clean': i / 100})) + '\n' for i in (10, 20)))
    return folder


def test_minutes_count_every_iteration_once_and_resumed_ones_again_only_as_the_last_run(load_tool, tmp_path):
    tool = load_tool('analysis_tools/training_record.py')
    first = make_run(tmp_path / 'first', None, dict(a=[dict(time=6.0, iter=10), dict(time=99.0, iter=20)],
                                                    b=[dict(time=12.0, iter=20), {'PSNR/ir': 1.0, 'step': 20}]), 29.0)
    second = make_run(tmp_path / 'second', 'work_dirs/first/iter_20.pth', dict(a=[dict(time=3.0, iter=20)]), 29.5)
    (second / 'a' / 'a.log').write_text('    Distributed training: True\n    GPU number: 2\n')
    out = tmp_path / 'record.md'
    assert tool.main([str(out), str(first), str(second)]) == 0
    text = out.read_text()
    assert '| `first.py` | `-` | 20 | 1 x 4 x 64^2 | 0.001 | 3 |' in text
    assert '| `second.py` | `iter_20.pth` | 20 | 2 x 4 x 64^2 | 0.001 | 1 |' in text
    assert '| `first.py`, 20 | 29.00 | 31.00 | 0.2000 |' in text
    assert '| stage | PSNR/ir | PSNR/vis | QMI/clean |' in text


def test_a_folder_without_runs_is_refused_in_one_line(load_tool, tmp_path, capfd):
    assert load_tool('analysis_tools/training_record.py').main([str(tmp_path / 'out.md'), str(tmp_path)]) == 2
    assert 'no *.py; name work directories of finished trainings' in capfd.readouterr().err
    assert not (tmp_path / 'out.md').exists()
