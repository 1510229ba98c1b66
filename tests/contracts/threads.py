"""Several callers at the same moment. Threads that hang fail their test and do not hold up the others."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from threading import Barrier, Thread
from typing import TypeVar

from processor.errors import Retryable

T = TypeVar("T")

SECONDS = 60
_ATTEMPTS = 100


def begin(call: Callable[[], T]) -> Future[T]:
    """Call in a thread of its own; answer what will hold its result."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


def elsewhere(call: Callable[[], T]) -> T:
    """Call in another thread, which has no part in this thread's unit, and wait for the answer."""
    return begin(call).result(SECONDS)


def at_once(number: int, call: Callable[[int], T]) -> list[T]:
    """Call `call(0)` to `call(number - 1)`, each in a thread, released together; answer in that order."""
    barrier = Barrier(number, timeout=SECONDS)

    def released(caller: int) -> T:
        barrier.wait()
        return call(caller)

    with _eager_switching():
        futures = [begin(partial(released, caller)) for caller in range(number)]
        return [future.result(SECONDS) for future in futures]


@contextmanager
def _eager_switching() -> Iterator[None]:
    """Let Python change threads after microseconds, so that what lacks a lock shows it."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def insisting(call: Callable[[], T]) -> T:
    """Call again, at most 100 times, while the store says `Retryable`, as every caller of a port does."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return call()
        except Retryable:
            continue
    return call()
