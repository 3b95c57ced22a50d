import importlib.util
import sys

import pytest


@pytest.fixture(scope='session')
def load_tool(repo_dir):
    """Return a function that imports a script of tools/ by its path there."""
    def load(path):
        spec = importlib.util.spec_from_file_location(path.rpartition('/')[2].removesuffix('.py'),
                                                      repo_dir / 'tools' / path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # worker processes look functions up by the name of their module
        spec.loader.exec_module(module)
        return module

    return load
