"""Waiting, on the event loop, for what another thread will say."""

from asyncio import AbstractEventLoop, Future, get_running_loop
from collections import deque
from concurrent.futures import Future as ThreadFuture
from typing import TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")


class _Bell:
    """Wakes those who wait on one event loop: once for all whose wait has ended, since each wake-up is a journey."""

    def __init__(self) -> None:
        self._ended: deque[Future[None]] = deque()
        self._rung = False

    def ring(self, loop: AbstractEventLoop, waiter: "Future[None]") -> None:
        """Note that `waiter` waits no longer. From any thread; a loop that was closed has nobody who waits."""
        self._ended.append(waiter)
        if not self._rung and not loop.is_closed():
            self._rung = True
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        """Wake all. Whoever comes after the first line rings again, whoever came before it is found below."""
        self._rung = False
        while self._ended:
            waiter = self._ended.popleft()
            if not waiter.done():
                waiter.set_result(None)


_bells: "WeakKeyDictionary[AbstractEventLoop, _Bell]" = WeakKeyDictionary()


async def awaited(told: "ThreadFuture[T]") -> T:
    """Return what `told` ends with, or raise it. Leaner than `asyncio.wrap_future`: giving up cancels nothing."""
    loop = get_running_loop()
    bell = _bells.get(loop)
    if bell is None:
        bell = _bells.setdefault(loop, _Bell())
    waiter: Future[None] = loop.create_future()
    told.add_done_callback(lambda _: bell.ring(loop, waiter))
    await waiter
    return told.result()
