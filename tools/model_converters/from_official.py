"""Convert weights of the authors' release to a drfuse checkpoint.

Usage: python tools/model_converters/from_official.py SRC DST [--overwrite]
"""

import argparse
import os
import pickle
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch

from drfuse.models.official_weights import convert_official_state_dict


def load_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """Load a state dict, also one inside ``{'state_dict': ...}``; tensors only, no code is run.

    Raises:
        ValueError: If the file cannot be read or holds something else.
    """
    try:
        with warnings.catch_warnings():  # a foreign pickle is reported once, as an error
            warnings.simplefilter('ignore')
            state = torch.load(path, map_location='cpu', weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(f'{path}: cannot be read as a checkpoint of tensors: {reason}') from error
    if isinstance(state, dict) and isinstance(state.get('state_dict'), dict):
        state = state['state_dict']
    if not isinstance(state, dict) or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise ValueError(f'{path}: holds {type(state).__name__}, not a dict of tensors')
    return state


def save_atomically(checkpoint: dict, path: Path) -> None:
    """Write the whole file under a temporary name, then rename it: ``path`` is never half written."""
    temporary = path.with_name(f'.{path.name}.{os.getpid()}.tmp')  # mkstemp would hide the file from other users
    try:
        with temporary.open('xb') as file:
            torch.save(checkpoint, file)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def convert(src: Path, dst: Path, overwrite: bool) -> str:
    """Convert ``src`` to ``dst`` and return a one-line report.

    Raises:
        ValueError: If ``dst`` exists and may not be replaced, or ``src`` is not a state dict of the release.
    """
    if dst.exists() and not overwrite:
        raise ValueError(f'{dst}: exists already, pass --overwrite to replace it')
    if not dst.parent.is_dir():
        raise ValueError(f'{dst}: its folder does not exist')
    state = load_state_dict(src)
    try:
        result = convert_official_state_dict(state)
    except ValueError as error:
        raise ValueError(f'{src}: {error}') from error
    meta = dict(converted_from=src.name, num_steps=result.num_steps, dropped=list(result.dropped))
    save_atomically(dict(meta=meta, state_dict=result.state_dict), dst)
    dropped = ', '.join(result.dropped) or 'none'
    return f'{dst}: {len(result.state_dict)} tensors, T = {result.num_steps}; dropped (unused): {dropped}'


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Convert weights of the authors' release to a drfuse checkpoint.")
    parser.add_argument('src', type=Path, help="the release's state dict, such as net_params_100.pkl")
    parser.add_argument('dst', type=Path, help='the checkpoint to write')
    parser.add_argument('--overwrite', action='store_true', help='replace DST if it exists')
    args = parser.parse_args(argv)
    try:
        print(convert(args.src, args.dst, args.overwrite))
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
