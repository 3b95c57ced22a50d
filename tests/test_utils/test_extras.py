"""Packages of extras: there, or a command that installs them."""

import pytest

from drfuse.utils.config import UserError
from drfuse.utils.extras import require


def test_a_missing_package_is_named_with_its_command():
    require('export', 'torch', 'numpy')
    with pytest.raises(UserError, match=r"^no_such_package is not installed: pip install 'drfuse\[export\]'$"):
        require('export', 'torch', 'no_such_package')
