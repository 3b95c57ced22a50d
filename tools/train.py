"""Train a model: python tools/train.py CONFIG [--help for options]."""

import sys

from drfuse.engine.train_app import main

if __name__ == '__main__':
    sys.exit(main(prog='python tools/train.py'))
