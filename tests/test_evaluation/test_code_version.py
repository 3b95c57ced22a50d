import pytest
import torch

from drfuse.evaluation.code_version import code_hash
from drfuse.utils.paths import PACKAGE_DIR


@pytest.fixture
def package(tmp_path):
    for name in ('evaluation/naive.py', 'utils/enlarge.py', 'cli/app.py', 'export/writer.py', 'version.py'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text('x = 1\n')
    return tmp_path


def fresh(package):
    code_hash.cache_clear()
    return code_hash(package)


@pytest.mark.parametrize(('name', 'counts'), [
    ('evaluation/naive.py', True), ('utils/enlarge.py', True), ('version.py', True), ('models/new.py', True),
    ('cli/app.py', False), ('export/writer.py', False), ('visualization/new.py', False), ('.mim/tools/t.py', False)])
def test_the_hash_changes_with_code_that_results_depend_on(package, name, counts):
    before = fresh(package)
    (package / name).parent.mkdir(parents=True, exist_ok=True)
    (package / name).write_text('x = 2\n')
    assert (fresh(package) != before) is counts


def test_moved_code_and_another_torch_count(package, monkeypatch):
    before = fresh(package)
    (package / 'version.py').rename(package / 'release.py')
    moved = fresh(package)
    monkeypatch.setattr(torch, '__version__', '0.0')
    assert len({before, moved, fresh(package)}) == 3


def test_code_is_read_once_a_process(package):
    before = fresh(package)
    (package / 'version.py').write_text('x = 2\n')
    assert code_hash(package) == before
    assert code_hash() == code_hash(PACKAGE_DIR)
