"""Fuse two folders with several worker processes, on one machine or on many.

python tools/fuse_sharded.py A B OUT [--workers 2] [--preset composite] [--model ivf] [--shard 3/16]

joblib's worker processes (loky) each take one pair at a time, with one thread; --workers 1 runs in this process. A pair
is finished when its file is there: files are written whole or not at all, so a second run only does what is missing.
They have the names that ``drfuse fuse A B -o OUT`` gives them, and either continues the other. A worker that is killed
costs the pair that it had in hand; the pool is started again for what is missing. A pair that cannot be fused is listed
at the end, and the exit code is then 1; a second run tries it again. The exit code of a mistake in the arguments is 2.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from drfuse.apis.pairs import SourcePair, match_sources
from drfuse.cli.run import tell
from drfuse.cli.targets import Target, check_targets, plan_targets
from drfuse.utils.config import UserError

RESTARTS = 3
"""How often in a row a pool may be started again without a pair being finished."""
FAILED = 1
"""Exit code where pairs could not be fused."""
_SHOWN = 10
"""Names of pairs in a message."""
Work = Callable[[SourcePair, Path], None]


class WorkersKilled(RuntimeError):
    """Workers are killed again and again.

    Attributes:
        reasons: Name of a pair to why it could not be fused, of those that were tried.
        left: Names of the pairs that are neither fused nor among these: what the workers had in hand is one of them.
    """

    def __init__(self, kills: int, reasons: Mapping[str, str], left: Sequence[str]) -> None:
        names = ', '.join(left[:_SHOWN]) + ', ...' * (len(left) > _SHOWN)
        super().__init__(f'workers were killed {kills} times without finishing a pair; {len(left)} are left: {names}')
        self.reasons, self.left = dict(reasons), list(left)


class PairsFailed(RuntimeError):
    """Pairs that could not be fused; all others are finished.

    Attributes:
        done: How many were fused.
        reasons: Name of a pair to why it was not.
    """

    def __init__(self, done: int, reasons: Mapping[str, str]) -> None:
        super().__init__(f'{len(reasons)} pairs could not be fused: {", ".join(reasons)}')
        self.done, self.reasons = done, dict(reasons)


def shard_of(pairs: Sequence[SourcePair], shard: str) -> list[SourcePair]:
    """Return every n-th pair, from the k-th on, for ``'k/n'``, k = 1..n.

    Raises:
        UserError: If it is no such shard.
    """
    k, _, n = shard.partition('/')
    if not (k.isdecimal() and n.isdecimal() and 1 <= int(k) <= int(n)):
        raise UserError(f'shard must be k/n with 1 <= k <= n, got {shard!r}')
    return list(pairs[int(k) - 1::int(n)])


def process(pairs: Sequence[SourcePair], out: Path, work: Work, workers: int) -> int:
    """Run ``work`` on the pairs whose file in ``out`` is missing, and return how many were done.

    Raises:
        PairsFailed: If some of them could not be fused.
        UserError: If ``out`` cannot hold the files.
        WorkersKilled: If workers are killed again and again without finishing a pair.
    """
    first = todo = _missing(pairs, out)
    out.mkdir(parents=True, exist_ok=True)
    reasons: dict[str, str] = {}
    kills = 0
    while todo:
        pool = Parallel(n_jobs=workers, backend='loky', return_as='generator_unordered')
        try:
            for failed in pool(delayed(_told(work))(target.pair, target.fused) for target in todo):
                reasons.update(failed)
        except TerminatedWorkerError:
            left = [target for target in _missing(pairs, out) if target.pair.name not in reasons]
            kills = kills + 1 if len(left) == len(todo) else 0
            print(f'a worker was killed; {len(left)} pairs are missing', file=sys.stderr)
            if kills > RESTARTS:
                raise WorkersKilled(kills, reasons, [target.pair.name for target in left]) from None
            todo = left
        else:
            break
    if reasons:
        raise PairsFailed(len(first) - len(reasons), reasons)
    return len(first)


def _missing(pairs: Sequence[SourcePair], out: Path) -> list[Target]:
    return check_targets(plan_targets(pairs, out, None, single=False), overwrite=False, resume=True)


def _told(work: Work) -> Callable[[SourcePair, Path], dict[str, str]]:
    """Return what does the work on a pair, and returns its name with what was wrong, or nothing."""
    def attempt(pair: SourcePair, target: Path) -> dict[str, str]:
        try:
            work(pair, target)
        except (UserError, FileNotFoundError) as error:
            return {pair.name: ' '.join(str(error).split())}
        return {}
    return attempt  # a local function: workers need not be able to import this file


@lru_cache(maxsize=1)
def _inferencer(model: str):  # noqa: ANN202 - imported where it is made, once a worker
    import torch  # noqa: PLC0415 - slow

    from drfuse.apis import FusionInferencer  # noqa: PLC0415 - slow

    torch.set_num_threads(1)
    return FusionInferencer(model, device='cpu')


class Fuse:
    """Fuses one pair, in a worker.

    Args:
        model: Name or config.
        preset: Degradation; None = estimated.
    """

    def __init__(self, model: str, preset: str | None) -> None:
        self.model, self.preset = model, preset

    def check(self) -> None:
        """Make sure that model and preset can be used: else every pair would fail.

        Raises:
            FileNotFoundError: If a file that they name is missing.
            UserError: If they cannot.
        """
        from drfuse.apis.degradation_spec import parse_degradation  # noqa: PLC0415 - slow

        parse_degradation(self.preset, _inferencer(self.model).modalities)

    def __call__(self, pair: SourcePair, target: Path) -> None:
        """Fuse a pair into a file."""
        _inferencer(self.model)(pair.a, pair.b, self.preset).save(target)


def run(args: argparse.Namespace) -> int:
    """Fuse a shard, tell what was done, and return the exit code.

    Raises:
        FileNotFoundError: If a folder is missing.
        UserError: If an argument cannot be used.
        WorkersKilled: As of :func:`process`.
    """
    if args.workers < 1:
        raise UserError(f'workers must be at least 1, got {args.workers}')
    for folder in (args.a, args.b):
        if Path(folder).expanduser().is_file():
            raise UserError(f'{folder} is not a folder')
        if not Path(folder).expanduser().exists():
            raise FileNotFoundError(f'no folder {folder}')
    pairs = shard_of(match_sources(args.a, args.b).pairs, args.shard)
    work = Fuse(args.model, args.preset)
    work.check()
    try:
        done, reasons = process(pairs, args.out, work, args.workers), {}
    except PairsFailed as error:
        done, reasons = error.done, error.reasons
    except WorkersKilled as error:
        _list_failed(error.reasons)
        raise
    _list_failed(reasons)
    before = len(pairs) - done - len(reasons)
    print(f'{done} pairs fused, {before} were there' + f', {len(reasons)} failed' * bool(reasons))
    return FAILED if reasons else 0


def _list_failed(reasons: Mapping[str, str]) -> None:
    for name, reason in sorted(reasons.items()):
        print(f'failed: {name}: {reason}', file=sys.stderr)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the arguments and fuse; a mistake is one line.

    Args:
        argv: Arguments; None = ``sys.argv``.

    Returns:
        Exit code: 0; 1 if pairs could not be fused; 2 for a mistake of the user.
    """
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('a', help='folder of A')
    parser.add_argument('b', help='folder of B, the same names')
    parser.add_argument('out', type=Path, help='folder of the fused pictures')
    parser.add_argument('--workers', type=int, default=2, help='processes')
    parser.add_argument('--preset', help='degradation; default: estimated')
    parser.add_argument('--model', default='ivf', help='name or config')
    parser.add_argument('--shard', default='1/1', help='k/n: every n-th pair from the k-th on, for n machines')
    try:
        return run(parser.parse_args(argv))
    except (UserError, FileNotFoundError) as error:
        return tell(str(error), 'fuse_sharded')
    except WorkersKilled as error:
        return tell(str(error), 'fuse_sharded', FAILED)


if __name__ == '__main__':
    # under the name by which workers import it: what is in __main__ they do not find
    import fuse_sharded

    raise SystemExit(fuse_sharded.main())
