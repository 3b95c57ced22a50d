"""Fuse two folders with several worker processes, on one machine or on many.

python tools/fuse_sharded.py A B OUT [--workers 2] [--preset composite] [--model ivf] [--shard 3/16]

joblib's worker processes (loky) each take one pair at a time, with one thread; --workers 1 runs in this process. A pair
is finished when its file is there: files are written whole or not at all, so a second run only does what is missing. A
worker that is killed costs the pair that it had in hand; the pool is started again for what is missing.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from drfuse.apis.pairs import SourcePair, match_sources

RESTARTS = 3
"""How often in a row a pool may be started again without a pair being finished."""
Work = Callable[[SourcePair, Path], None]


def shard_of(pairs: Sequence[SourcePair], shard: str) -> list[SourcePair]:
    """Return every n-th pair, from the k-th on, for ``'k/n'``, k = 1..n.

    Raises:
        ValueError: If it is no such shard.
    """
    k, _, n = shard.partition('/')
    if not (k.isdecimal() and n.isdecimal() and 1 <= int(k) <= int(n)):
        raise ValueError(f'shard must be k/n with 1 <= k <= n, got {shard!r}')
    return list(pairs[int(k) - 1::int(n)])


def process(pairs: Sequence[SourcePair], out: Path, work: Work, workers: int) -> int:
    """Run ``work`` on the pairs whose file in ``out`` is missing, and return how many were done.

    Raises:
        RuntimeError: If workers are killed again and again without finishing a pair.
    """
    out.mkdir(parents=True, exist_ok=True)
    first, failures = _missing(pairs, out), 0
    todo = first
    while todo:
        try:
            Parallel(n_jobs=workers, backend='loky')(delayed(work)(pair, target) for pair, target in todo)
        except TerminatedWorkerError:
            left = _missing(pairs, out)
            failures = failures + 1 if len(left) == len(todo) else 0
            print(f'a worker was killed; {len(left)} pairs are missing', file=sys.stderr)
            if failures > RESTARTS:
                raise RuntimeError(f'workers were killed {failures} times without finishing a pair') from None
            todo = left
        else:
            break
    return len(first)


def _missing(pairs: Sequence[SourcePair], out: Path) -> list[tuple[SourcePair, Path]]:
    targets = [(pair, out / f'{pair.name}.png') for pair in pairs]
    return [(pair, target) for pair, target in targets if not target.exists()]


@lru_cache(maxsize=1)
def _inferencer(model: str):  # noqa: ANN202 - imported where it is made, once a worker
    import torch  # noqa: PLC0415 - the parent needs none of it

    from drfuse.apis import FusionInferencer  # noqa: PLC0415

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

    def __call__(self, pair: SourcePair, target: Path) -> None:
        """Fuse a pair into a file."""
        _inferencer(self.model)(pair.a, pair.b, self.preset).save(target)


def main() -> int:
    """Parse the arguments and fuse."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('a', help='folder of A')
    parser.add_argument('b', help='folder of B, the same names')
    parser.add_argument('out', type=Path, help='folder of the fused pictures')
    parser.add_argument('--workers', type=int, default=2, help='processes')
    parser.add_argument('--preset', help='degradation; default: estimated')
    parser.add_argument('--model', default='ivf', help='name or config')
    parser.add_argument('--shard', default='1/1', help='k/n: every n-th pair from the k-th on, for n machines')
    args = parser.parse_args()
    pairs = shard_of(match_sources(args.a, args.b).pairs, args.shard)
    done = process(pairs, args.out, Fuse(args.model, args.preset), args.workers)
    print(f'{done} pairs fused, {len(pairs) - done} were there')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
