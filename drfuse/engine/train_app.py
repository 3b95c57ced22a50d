"""The training program: config in, checkpoints and logs out."""

import argparse
import os
import shlex
import sys
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from drfuse.datasets.data_root import set_data_root
from drfuse.engine.app import OneLineParser, add_common_options, make_folder, parse, run_app
from drfuse.engine.data_source_hook import data_source
from drfuse.engine.runner import FusionRunner
from drfuse.registry import DATASETS
from drfuse.utils.config import UserError, config_errors, load_config
from drfuse.utils.launch import setup_launcher, use_threads

LARGE_MODEL = 5_000_000
"""Parameters above which training without a GPU gets a hint at the small config."""

LARGEST_SEED = 2**32 - 1
"""NumPy takes no larger one."""


def build_parser(prog: str) -> argparse.ArgumentParser:
    """Return the parser of the training program."""
    parser = OneLineParser(prog=prog, description='Train a fusion model.')
    parser.add_argument('config', help='config file')
    parser.add_argument('--resume', nargs='?', const='auto', metavar='CHECKPOINT',
                        help='continue the newest checkpoint of the work dir, or CHECKPOINT')
    parser.add_argument('--amp', action='store_true', help='mixed precision: bf16, or fp16 where a GPU has no bf16')
    parser.add_argument('--auto-scale-lr', action='store_true', help='scale the learning rate with the batch size')
    parser.add_argument('--seed', type=int, help='seed, in place of randomness.seed of the config')
    add_common_options(parser)
    return parser


def main(argv: list[str] | None = None, prog: str = 'drfuse train') -> int:
    """Train.

    Args:
        argv: Arguments without the program's name; None = ``sys.argv``.
        prog: How the user starts the program, for messages.

    Returns:
        Exit code: 0, 2 for a mistake of the user, 130 if interrupted (the state is saved).
    """
    argv = sys.argv[1:] if argv is None else argv
    return run_app(lambda: train(parse(build_parser(prog), argv)), resume_command(argv, prog))


def train(args: argparse.Namespace) -> None:
    """Build everything and train.

    Raises:
        UserError: On a mistake in the arguments, the config or the data.
    """
    cfg = prepare_config(args)
    init_default_scope(cfg.get('default_scope', 'drfuse'))
    with config_errors(cfg.filename):
        source = data_source(DATASETS.build(cfg.train_dataloader.dataset))
    cfg.experiment_name = f'{cfg.get("experiment_name") or Path(cfg.filename).stem}_{source}'
    make_folder(cfg.work_dir, 'work dir')
    setup_launcher(cfg, args.launcher)
    use_threads(cfg)
    runner = FusionRunner.from_cfg(cfg)
    describe(runner, cfg)
    runner.train()


def prepare_config(args: argparse.Namespace) -> Config:
    """Return the config with the arguments merged into it."""
    cfg = load_config(args.config, args.cfg_options)
    for key in ('model', 'train_dataloader', 'train_cfg', 'optim_wrapper'):
        if cfg.get(key) is None:
            raise UserError(f'{args.config} has no {key}, which training needs')
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or str(Path('work_dirs', Path(args.config).stem))
    if args.data_root:
        with config_errors(args.config):
            set_data_root(cfg, args.data_root)
    if args.seed is not None:
        if not 0 <= args.seed <= LARGEST_SEED:
            raise UserError(f'--seed must be in 0..{LARGEST_SEED}, got {args.seed}')
        cfg.randomness = dict(cfg.get('randomness') or {}, seed=args.seed)
    if args.amp:
        use_amp(cfg)
    if args.auto_scale_lr:
        if not (cfg.get('auto_scale_lr') or {}).get('base_batch_size'):
            raise UserError(f'--auto-scale-lr: {args.config} has no auto_scale_lr.base_batch_size')
        cfg.auto_scale_lr.enable = True
    if args.resume:
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    return cfg


def use_amp(cfg: Config) -> None:
    """Switch to mixed precision: bf16, or fp16 with loss scaling on a GPU that has no bf16."""
    kind = cfg.optim_wrapper.get('type', 'OptimWrapper')
    if kind in ('AmpOptimWrapper', 'BF16OptimWrapper'):
        return
    if kind not in ('OptimWrapper', 'FusionOptimWrapper'):
        raise UserError(f'--amp needs optim_wrapper.type FusionOptimWrapper or OptimWrapper, got {kind}')
    if torch.cuda.is_available() and not torch.cuda.is_bf16_supported(including_emulation=False):
        for option in ('skip_norm', 'patience'):  # the loss scaler leaves out gradients that are not finite, no others
            cfg.optim_wrapper.pop(option, None)
        cfg.optim_wrapper.update(type='AmpOptimWrapper', loss_scale='dynamic')
    else:
        cfg.optim_wrapper.type = 'BF16OptimWrapper'


def describe(runner: FusionRunner, cfg: Config) -> None:
    """Log the size of the model and, without a GPU, the config meant for a CPU."""
    count = sum(p.numel() for p in runner.model.parameters())
    runner.logger.info(f'{runner.model_name}: {count:,} parameters ({count / 1e6:.2f} M)')
    twin = cfg.get('cpu_twin')
    if twin and count > LARGE_MODEL and not torch.cuda.is_available():
        runner.logger.warning(f'no GPU found: this model is slow on a CPU; a small version of it is {twin}')


def resume_command(argv: list[str], prog: str) -> str:
    """Return the command that continues an interrupted run."""
    rest, skip = [], False
    for i, item in enumerate(argv):
        if skip:
            skip = False
        elif item == '--resume':
            skip = i + 1 < len(argv) and not argv[i + 1].startswith('-')
        elif not item.startswith('--resume='):
            rest.append(item)
    start = prog
    if 'TORCHELASTIC_RUN_ID' in os.environ:
        start = f'torchrun --nproc_per_node {os.environ.get("LOCAL_WORLD_SIZE", "1")} {prog.removeprefix("python ")}'
    return f'{start} {shlex.join([*rest, "--resume"])}'
