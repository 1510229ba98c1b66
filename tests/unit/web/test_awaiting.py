"""Waiting on the event loop for other threads: everybody is woken, whoever ends when."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from web.awaiting import awaited


def test_each_gets_what_its_own_future_ends_with() -> None:
    async def both() -> list[int]:
        told: list[Future[int]] = [Future() for _ in range(2)]
        waiting = asyncio.gather(*map(awaited, told))
        await asyncio.sleep(0)
        for number, future in enumerate(told):
            future.set_result(number)
        return await waiting

    assert asyncio.run(both()) == [0, 1]


def test_a_failure_is_raised() -> None:
    async def one() -> None:
        told: Future[int] = Future()
        told.set_exception(KeyError("gone"))
        await awaited(told)

    with pytest.raises(KeyError, match="gone"):
        asyncio.run(one())


def test_thousands_that_end_in_many_threads_are_all_woken() -> None:
    async def all_of_them(pool: ThreadPoolExecutor) -> int:
        told = [pool.submit(int, "1") for _ in range(5000)]
        return sum(await asyncio.wait_for(asyncio.gather(*map(awaited, told)), 30))

    with ThreadPoolExecutor(8) as pool:
        assert asyncio.run(all_of_them(pool)) == 5000


def test_one_who_has_given_up_keeps_nobody_from_waking() -> None:
    async def two() -> str:
        gone, kept = Future[str](), Future[str]()
        leaving = asyncio.ensure_future(awaited(gone))
        staying = asyncio.ensure_future(awaited(kept))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
        gone.set_result("nobody")
        kept.set_result("here")
        return await staying

    assert asyncio.run(two()) == "here"


def test_what_ends_after_its_loop_was_closed_disturbs_nobody() -> None:
    late: Future[int] = Future()

    async def leaves() -> None:
        waiting = asyncio.ensure_future(awaited(late))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(leaves())
    late.set_result(1)

    assert late.result() == 1
