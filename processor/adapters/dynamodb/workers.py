"""The threads over which one call spreads its requests."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


class Workers:
    """A bounded pool. Work must not spread again: it would wait for the thread it stands on."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._pool = ThreadPoolExecutor(number, thread_name_prefix="dynamodb")

    def spread(self, work: Callable[[_T], _R], items: Sequence[_T]) -> list[_R]:
        """Return `work` of each item, in order. All are tried; then the first failure is raised."""
        if len(items) <= 1:
            return [work(item) for item in items]
        futures = [self._pool.submit(work, item) for item in items]
        wait(futures)
        return [future.result() for future in futures]

    def close(self) -> None:
        """Wait for what is under way and let the threads go."""
        self._pool.shutdown()


def chunks(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Yield `items` in order, at most `size` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
