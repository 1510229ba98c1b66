"""Values that are kept where working them out is dear."""

import time
from collections.abc import Callable
from threading import Event

import pytest

from processor.errors import StoreUnavailable
from web import kept
from web.kept import Kept

PATIENCE = 5.0


@pytest.fixture(autouse=True)
def fresh_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "FRESH_SECONDS", 0.0)


def eventually(probe: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not probe() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert probe()


def test_what_is_cheap_is_exact_at_every_call() -> None:
    numbers = iter([1, 2, 3])
    value = Kept(lambda _: next(numbers), lambda number: number < 10)
    assert [value("a"), value("a"), value("a")] == [1, 2, 3]


def test_what_is_dear_never_keeps_a_reader_waiting_after_the_first() -> None:
    wait, calls = Event(), list[str]()

    def work(tenant: str) -> int:
        calls.append(tenant)
        if len(calls) > 1:
            assert wait.wait(PATIENCE)
        return 100 * len(calls)

    value = Kept(work, lambda number: number < 10)
    assert [value("a") for _ in range(5)] == [100] * 5
    eventually(lambda: value("a") == 100 and len(calls) == 2)
    wait.set()
    eventually(lambda: value("a") > 100)


def test_each_tenant_has_its_own() -> None:
    value = Kept(lambda tenant: {"a": 100, "b": 200}[tenant], lambda number: number < 10)
    assert [value("a"), value("b"), value("a")] == [100, 200, 100]


def test_what_has_become_small_is_exact_again() -> None:
    left = [100]
    value = Kept(lambda _: left[0], lambda number: number < 10)
    assert value("a") == 100
    left[0] = 3
    eventually(lambda: value("a") == 3)
    left[0] = 2
    assert value("a") == 2


def test_a_failure_behind_keeps_the_value_and_one_in_front_is_told() -> None:
    fails = [False]

    def work(_: str) -> int:
        if fails[0]:
            raise StoreUnavailable("count", "it is away")
        return 100

    value = Kept(work, lambda number: number < 10)
    assert value("a") == 100
    fails[0] = True
    assert [value("a") for _ in range(3)] == [100] * 3
    with pytest.raises(StoreUnavailable):
        value("b")


def test_after_any_failure_behind_it_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now, fails, value_now = [0.0], [False], [100]
    monkeypatch.setattr("web.kept.monotonic", lambda: now[0])

    def work(_: str) -> int:
        if fails[0]:
            raise OSError("no thread, no file, whatever it was")
        return value_now[0]

    value = Kept(work, lambda number: number < 10)
    assert value("a") == 100
    fails[0], now[0] = True, 100.0
    assert value("a") == 100
    time.sleep(0.1)
    fails[0], value_now[0], now[0] = False, 200, 200.0

    eventually(lambda: value("a") == 200)
