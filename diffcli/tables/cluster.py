"""Dask: blocks, and partitions, that are computed by the workers of a cluster, and come back in their order."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from diffcli.errors import LimitError, error, missing_extra, refusal

LOCAL = "local"
"""What stands for a cluster of this machine's own processes."""

TRIES = 5
"""So often a block is computed again whose worker is lost."""

AHEAD = 2
"""How many blocks each thread of the cluster has before it."""


@contextmanager
def silent_logs() -> Iterator[None]:
    """Inside, Dask logs nothing: a lost worker is no news, since its blocks are computed again."""
    names = ("distributed", *[each for each in logging.root.manager.loggerDict if each.startswith("distributed.")])
    before = {logging.getLogger(name): logging.getLogger(name).level for name in names}
    for logger in before:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in before.items():
            logger.setLevel(level)


@contextmanager
def cluster(scheduler: str) -> Iterator[Callable[..., Iterator[Any]]]:
    """What computes by a cluster, as `diffcli.tables.run.in_order` does by threads: results come in order.

    ``scheduler`` is an address, such as tcp://host:8786, or local.
    """
    try:
        import dask
        from dask import distributed
    except ImportError:
        other = "without --scheduler all cores of this machine are used"
        raise missing_extra("a cluster needs Dask, which is not installed", "scale", other) from None
    made: Any = distributed
    with silent_logs(), dask.config.set({"distributed.scheduler.allowed-failures": TRIES}):
        own = made.LocalCluster(dashboard_address=":0", processes=True, silence_logs=50) if scheduler == LOCAL else None
        try:
            client = made.Client(own or scheduler, timeout=10)
        except (OSError, ValueError) as failure:
            advice = "name a scheduler that runs, as tcp://host:8786, or local"
            raise refusal("usage", f"no scheduler answers at {scheduler}: {failure}", advice) from None
        try:
            yield lambda items, compute, threads: _in_order(client, items, compute)
        finally:
            client.close()
            if own is not None:
                own.close()


def _in_order(client: Any, items: Iterable[Any], compute: Callable[[Any], Any]) -> Iterator[Any]:
    """The results of items, of which a few are on their way."""
    waiting: deque[Any] = deque()
    try:
        for item in items:
            waiting.append(client.submit(compute, item, pure=False, retries=TRIES))
            while len(waiting) > AHEAD * max(sum(client.nthreads().values()), 1):
                yield _result(waiting)
        while waiting:
            yield _result(waiting)
    finally:
        for future in waiting:
            future.cancel()


def _result(waiting: deque[Any]) -> Any:
    from dask.distributed import KilledWorker

    try:
        return waiting.popleft().result()
    except KilledWorker as failure:
        message = f"{failure.allowed_failures + 1} workers were lost over the same block"
        raise LimitError([error("lost-workers", message, help=["give workers more memory"])]) from failure
