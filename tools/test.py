"""Test a model: python tools/test.py CONFIG CHECKPOINT [--help for options]."""

import sys

from drfuse.engine.test_app import main

if __name__ == '__main__':
    sys.exit(main(prog='python tools/test.py'))
