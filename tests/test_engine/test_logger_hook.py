def test_first_iteration_and_every_interval_are_logged(train, losses, tmp_path):
    assert train(tmp_path / 'run', '--cfg-options', 'train_cfg.max_epochs=2')[0] == 0
    assert sorted(losses(tmp_path / 'run')) == [1, 5, 11]


def test_metrics_share_the_axis_of_losses(train, tmp_path):
    import json
    train(tmp_path / 'run', '--cfg-options', 'train_cfg.max_epochs=1')
    file = next((tmp_path / 'run').glob('*/vis_data/scalars.json'))
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert [r['step'] for r in records if 'toy/value' in r] == [6]
