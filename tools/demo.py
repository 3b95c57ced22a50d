"""Train and test a small model on generated pairs, in a few minutes and without any data: python tools/demo.py."""

import sys
from pathlib import Path

from drfuse.engine.demo_app import main

if __name__ == '__main__':
    config = Path(__file__).resolve().parents[1] / 'configs' / 'demo' / 'ivf_demo.py'
    sys.exit(main(str(config), 'work_dirs/demo'))
