"""A queue in which tenants take turns, so that one tenant's backlog delays another's work by at most one batch."""

from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")


class FairQueue(Generic[Item]):
    """A bounded batch is filled by taking one item of each waiting tenant in turn. Safe for several threads."""

    def __init__(self, weight: Callable[[Item], int] = lambda _: 1) -> None:
        """`weight` tells how much of a batch an item fills."""
        self._weight = weight
        self._waiting: OrderedDict[str, deque[Item]] = OrderedDict()
        self._changed = Condition()
        self._closed = False

    def put(self, tenant: str, item: Item) -> None:
        """Add an item behind the tenant's others. Raises RuntimeError once the queue is closed."""
        with self._changed:
            if self._closed:
                raise RuntimeError("the queue is closed")
            self._waiting.setdefault(tenant, deque()).append(item)
            self._changed.notify()

    def backlog(self, tenant: str) -> int:
        """Return how many items of the tenant wait."""
        with self._changed:
            return len(self._waiting.get(tenant, ()))

    def __len__(self) -> int:
        with self._changed:
            return sum(map(len, self._waiting.values()))

    def take(self, limit: int, timeout: float | None = None) -> list[Item]:
        """Take a batch of weight `limit`, at least one item; wait for the first.

        Empty when `timeout` seconds have passed, or when the queue is closed and all was taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout)
            batch: list[Item] = []
            filled = 0
            while self._waiting:
                tenant, items = next(iter(self._waiting.items()))
                filled += self._weight(items[0])
                if batch and filled > limit:
                    break
                batch.append(items.popleft())
                if items:
                    self._waiting.move_to_end(tenant)
                else:
                    del self._waiting[tenant]
            return batch

    def close(self) -> None:
        """Take no more items; what waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed
