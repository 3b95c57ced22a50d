"""Write the degraded copy of a data set that validation sees, with a description beside it."""

import argparse
from pathlib import Path

from drfuse.datasets import set_data_root
from drfuse.datasets.degraded_writer import write_degraded
from drfuse.registry import DATASETS
from drfuse.utils.config import UserError, config_errors, load_config


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', type=Path)
    parser.add_argument('--split', choices=('train', 'val', 'test'), default='test', help='whose dataloader')
    parser.add_argument('--out', type=Path, required=True, help='folder to make')
    parser.add_argument('--data-root', help='folder of the data set')
    parser.add_argument('--overwrite', action='store_true', help='replace a folder written by this tool')
    args = parser.parse_args()
    try:
        cfg = load_config(args.config)
        with config_errors(args.config):
            if args.data_root is not None:
                set_data_root(cfg, args.data_root)
            dataset = DATASETS.build(cfg[f'{args.split}_dataloader']['dataset'])
            sidecar = write_degraded(dataset, args.out, args.overwrite)
    except UserError as error:
        parser.exit(2, f'{parser.prog}: {error}\n')
    print(f'{len(dataset)} pairs and {sidecar.name} in {args.out}')



if __name__ == '__main__':
    main()
