"""Work on many items with one process per core."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any


def map_unordered(function: Callable[[Any], Any], items: Sequence[Any], workers: int,
                  preload: Sequence[str] = ()) -> Iterator[tuple[int, Any]]:
    """Yield position and result of every item, as they become ready.

    Args:
        function: Called with one item; must be importable where ``workers`` is above 1.
        items: What to work on.
        workers: Processes; 1 = none besides this one.
        preload: Modules that all processes share, where the platform can do that.

    Raises:
        Exception: What the function raised for an item; what has not begun then is cancelled.
    """
    if workers == 1 or len(items) <= 1:
        for index, item in enumerate(items):
            yield index, function(item)
        return
    method = 'forkserver' if 'forkserver' in multiprocessing.get_all_start_methods() else 'spawn'
    context = multiprocessing.get_context(method)
    if method == 'forkserver':
        context.set_forkserver_preload(list(preload))
    with ProcessPoolExecutor(min(workers, len(items)), mp_context=context) as pool:
        futures = {pool.submit(function, item): index for index, item in enumerate(items)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
