"""Waiting, on the event loop, for what another thread will say."""

from asyncio import AbstractEventLoop, Future, get_running_loop
from concurrent.futures import Future as ThreadFuture
from typing import TypeVar

T = TypeVar("T")


async def awaited(told: "ThreadFuture[T]") -> T:
    """Return what `told` ends with, or raise it. Leaner than `asyncio.wrap_future`: giving up cancels nothing."""
    loop = get_running_loop()
    waiter: Future[None] = loop.create_future()
    told.add_done_callback(lambda _: _wake(loop, waiter))
    await waiter
    return told.result()


def _wake(loop: AbstractEventLoop, waiter: "Future[None]") -> None:
    """Wake the waiter from another thread; a loop that was closed meanwhile has nobody who waits."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(_end, waiter)


def _end(waiter: "Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
