"""The test program: config and checkpoint in, metrics and images out."""

import argparse
import sys
from pathlib import Path

from mmengine.config import Config
from torch import nn

from drfuse.datasets.data_root import set_data_root
from drfuse.engine.app import OneLineParser, add_common_options, make_folder, parse, run_app
from drfuse.engine.data_source_hook import UNKNOWN, data_source
from drfuse.engine.report import Report, print_report, write_report
from drfuse.engine.runner import FusionRunner
from drfuse.utils.checkpoint import file_sha256, read_checkpoint
from drfuse.utils.config import UserError, config_errors, load_config
from drfuse.utils.launch import is_main, setup_launcher, use_threads

NO_CHECKPOINT = 'none'
"""Name of the checkpoint in reports on models without parameters."""


def build_parser(prog: str) -> argparse.ArgumentParser:
    """Return the parser of the test program."""
    parser = OneLineParser(prog=prog, description='Measure a fusion model.')
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', nargs='?', help='checkpoint file; not needed for a model without parameters')
    parser.add_argument('--out', help='metrics file (.json); a .csv is written beside it; '
                                      'default: metrics.json in the work dir')
    parser.add_argument('--show-dir', help='folder for the fused and the restored images')
    add_common_options(parser)
    return parser


def main(argv: list[str] | None = None, prog: str = 'drfuse test') -> int:
    """Test.

    Args:
        argv: Arguments without the program's name; None = ``sys.argv``.
        prog: How the user starts the program, for messages.

    Returns:
        Exit code: 0, or 2 for a mistake of the user.
    """
    argv = sys.argv[1:] if argv is None else argv
    return run_app(lambda: test(parse(build_parser(prog), argv)))


def test(args: argparse.Namespace) -> Report:
    """Run the test set, print the table and write the files.

    Raises:
        UserError: On a mistake in the arguments, the config, the checkpoint or the data.
    """
    # before anything is built: refuses bad files
    meta = read_checkpoint(args.checkpoint).get('meta', {}) if args.checkpoint else {}
    cfg = prepare_config(args)
    make_folders(args, cfg)
    setup_launcher(cfg, args.launcher)
    use_threads(cfg)
    runner = FusionRunner.from_cfg(cfg)
    check_needs_nothing(runner.model, args)
    means = runner.test()
    report = Report(
        config=Path(args.config).name, checkpoint=Path(args.checkpoint).name if args.checkpoint else NO_CHECKPOINT,
        checkpoint_sha256=file_sha256(args.checkpoint) if args.checkpoint else '',
        data=data_source(runner.test_dataloader.dataset),
        trained_on=str(meta.get('data', UNKNOWN)), means=means,
        per_image=Report.collect(runner.test_loop.evaluator.metrics))
    if is_main():
        print_report(report)
        paths = write_report(report, args.out or Path(cfg.work_dir, 'metrics.json'))
        print(f'written: {", ".join(str(p) for p in paths)}' + (f', images in {args.show_dir}' * bool(args.show_dir)))
    return report


test.__test__ = False  # a program, not a pytest test


def check_needs_nothing(model: nn.Module, args: argparse.Namespace) -> None:
    """Refuse to test random weights.

    Raises:
        UserError: If no checkpoint was named and the model has parameters.
    """
    count = sum(p.numel() for p in model.parameters())
    if count and not args.checkpoint:
        raise UserError(f'the model of {args.config} has {count:,} parameters: name a checkpoint')


def make_folders(args: argparse.Namespace, cfg: Config) -> None:
    """Make the folders of the results, so that a test does not run in vain.

    Raises:
        UserError: If one cannot be written to, or ``--out`` is no ``.json`` file.
    """
    make_folder(cfg.work_dir, 'work dir')
    if args.out:
        if Path(args.out).suffix != '.json':
            raise UserError(f'--out must end in .json, got {args.out}')
        make_folder(Path(args.out).parent, '--out folder')
    if args.show_dir:
        make_folder(args.show_dir, '--show-dir')


def prepare_config(args: argparse.Namespace) -> Config:
    """Return the config with the arguments merged into it and the training parts removed."""
    cfg = load_config(args.config, args.cfg_options)
    for key in ('model', 'test_dataloader', 'test_evaluator'):
        if cfg.get(key) is None:
            raise UserError(f'{args.config} has no {key}, which testing needs')
    cfg.test_cfg = cfg.get('test_cfg') or {}
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or str(Path('work_dirs', Path(args.config).stem))
    if args.data_root:
        with config_errors(args.config):
            set_data_root(cfg, args.data_root)
    for key in ('train_dataloader', 'train_cfg', 'optim_wrapper', 'param_scheduler', 'auto_scale_lr',
                'val_dataloader', 'val_cfg', 'val_evaluator'):
        cfg[key] = None
    cfg.resume, cfg.load_from = False, args.checkpoint
    if args.show_dir:
        cfg.custom_hooks = [*(cfg.get('custom_hooks') or []), dict(type='SaveImagesHook', out_dir=args.show_dir)]
    return cfg
