import pytest
from mmengine.config import Config

from drfuse.utils.config import (
    CachedTextConfig,
    UserError,
    all_keys,
    check_option_key,
    check_option_value,
    config_errors,
    load_config,
)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'ivf_noise.py'
    path.write_text("model = dict(type='A', width=3)\nhooks = [dict(type='H', interval=2)]\n"
                    "val_dataloader = dict(dataset=dict(data_root='x', embedded=dict(data_root='y')))\n")
    return path


def test_options_replace_existing_keys(config):
    cfg = load_config(config, {'model.width': 5, 'hooks.0.interval': 7})
    assert (cfg.model.width, cfg.hooks[0].interval) == (5, 7)


@pytest.mark.parametrize(('key', 'closest'), [
    ('modle.width', 'model.width'), ('model.widht', 'model.width'), ('hooks.0.intervall', 'hooks.0.interval'),
    ('hooks.1.interval', 'hooks.0.interval'), ('model.width.deeper', 'model.width')])
def test_unknown_keys_are_refused_with_the_closest_one(config, key, closest):
    with pytest.raises(UserError) as info:
        load_config(config, {key: 1})
    assert str(info.value) == f'--cfg-options: {key} is not in {config}; closest key: {closest}'


def test_every_key_listed_is_accepted(config):
    cfg = load_config(config)
    keys = list(all_keys(cfg))
    assert 'hooks.0.type' in keys
    for key in keys:
        check_option_key(cfg, key)


def test_missing_file_names_a_similar_one(config):
    with pytest.raises(UserError, match=r'did you mean .*ivf_noise\.py'):
        load_config(config.with_name('ivf_nois.py'))


def test_text_is_formatted_once_per_content(config, monkeypatch):
    cfg = load_config(config)
    assert isinstance(cfg, CachedTextConfig)
    expected = Config.fromfile(str(config)).pretty_text
    assert cfg.pretty_text == expected
    monkeypatch.setattr(Config, 'pretty_text', property(lambda self: 'formatted again'))
    assert cfg.pretty_text == expected
    cfg.model.width = 9
    assert cfg.pretty_text == 'formatted again'


@pytest.mark.parametrize(('error', 'text'), [
    (KeyError('X is not in the drfuse::model registry. Please check whether ...'),
     'c.py: X is not in the drfuse::model registry'),
    (KeyError('key'), 'c.py: KeyError: key'), (TypeError('bad\nargument'), 'c.py: TypeError: bad argument'),
    (ValueError('factor >= 1, got 0'), 'c.py: factor >= 1, got 0')])
def test_building_errors_become_one_line(error, text):
    with pytest.raises(UserError) as info, config_errors('c.py'):
        raise error
    assert str(info.value) == text


def test_faults_of_the_program_pass():
    with pytest.raises(ZeroDivisionError), config_errors('c.py'):
        raise ZeroDivisionError


def test_debug_variable_lets_errors_pass(monkeypatch):
    monkeypatch.setenv('DRFUSE_DEBUG', '1')
    with pytest.raises(KeyError), config_errors('c.py'):
        raise KeyError('x')


@pytest.mark.parametrize(('old', 'shown'), [(3, '3'), (0.5, '0.5'), (True, 'True'), ([1], 'a list'), ({}, 'a dict')])
def test_a_text_replaces_no_number_list_or_dict(old, shown):
    with pytest.raises(UserError, match=f"--cfg-options: a.b is {shown} in c.py, got the text 'x'"):
        check_option_value('a.b', old, 'x', 'c.py')


@pytest.mark.parametrize(('old', 'new'), [('x', 'y'), (None, 'y'), (3, 0.5), (3, None), ([1], [2])])
def test_other_replacements_pass(old, new):
    check_option_value('a.b', old, new, 'c.py')


def test_the_message_of_a_worker_process_is_kept_alone():
    text = ('Caught FileNotFoundError in DataLoader worker process 1.\nOriginal Traceback (most recent call last):\n'
            '  File "x.py", line 1, in f\n    raise FileNotFoundError(path)\nFileNotFoundError: no image\nfile x.png\n')
    assert str(UserError(text)) == 'no image file x.png'
