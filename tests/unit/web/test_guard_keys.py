import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from processor.adapters.memory import MemoryStore
from processor.errors import StoreUnavailable
from processor.registers import Register, Registers
from tests.stores import FixedClock
from tests.unit.channels.ticking import Ticking
from web.guard.keys import FRESH_SECONDS, STALE_SECONDS, Key, KeyBook, found


class Watched:
    """The registers of a real store, counting scans and failing where they are told to."""

    def __init__(self, registers: Registers) -> None:
        self._registers, self.scans, self.failing = registers, 0, False

    def read(self, name: str) -> Register | None:
        return self._registers.read(name)

    def write(self, name: str, value: bytes, expected: int) -> bool:
        return self._registers.write(name, value, expected)

    def scan(self, prefix: str) -> Iterator[tuple[str, Register]]:
        self.scans += 1
        if self.failing:
            raise StoreUnavailable("scan", "it is away")
        return self._registers.scan(prefix)


@pytest.fixture
def registers() -> Watched:
    return Watched(MemoryStore().registers)


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


@pytest.fixture
def book(registers: Watched, ticking: Ticking) -> KeyBook:
    return KeyBook(registers, ticking.clock, ticking.monotonic)


FRESH, STALE = timedelta(seconds=FRESH_SECONDS), timedelta(seconds=STALE_SECONDS)


def known(book: KeyBook, text: str) -> Key | None:
    return found(asyncio.run(book.active()), text)


def test_a_key_is_known_by_its_text_alone(book: KeyBook) -> None:
    key, text = book.create("acme", "write", "the shop")
    assert known(book, text) == key
    assert (key.tenant, key.role, key.name, key.revoked_at) == ("acme", "write", "the shop", None)
    for wrong in (text[:-1], text + "x", text.removeprefix("sks_"), text.upper(), f"sks_{key.id}", f"sks_{key.id}_"):
        assert known(book, wrong) is None, wrong
    for wrong in ("", "sks_", "sks__", "_", "x", f"sks_{key.id}_{key.hash}", key.hash, "sks_é_é", "\udcff"):
        assert known(book, wrong) is None, wrong


def test_no_text_is_like_another_and_each_is_long(book: KeyBook) -> None:
    texts = {book.create("acme", "read", "")[1] for _ in range(50)}
    assert len(texts) == 50
    assert all(len(text.split("_", 2)[2]) >= 43 for text in texts)


def test_the_store_never_holds_a_text(book: KeyBook, registers: Watched) -> None:
    _, text = book.create("acme", "admin", "")
    [(_, register)] = list(registers.scan("key/"))
    assert text.encode() not in register.value
    assert text.split("_", 2)[2].encode() not in register.value


def test_the_store_is_asked_once_in_a_while_however_many_requests_there_are(
    book: KeyBook, registers: Watched, ticking: Ticking
) -> None:
    async def requests() -> None:
        for _ in range(1000):
            await book.active()
        ticking.pass_(FRESH)
        await asyncio.gather(*(book.active() for _ in range(50)))

    asyncio.run(requests())
    assert registers.scans == 2


def test_a_key_revoked_by_another_server_works_for_seconds_only(
    book: KeyBook, registers: Watched, ticking: Ticking
) -> None:
    key, text = book.create("acme", "read", "")
    assert known(book, text) is not None
    KeyBook(registers, FixedClock()).revoke(key.id, "acme")
    assert known(book, text) is not None
    ticking.pass_(FRESH)
    assert known(book, text) is None


def test_a_key_made_or_revoked_here_counts_at_once(book: KeyBook) -> None:
    assert asyncio.run(book.active()) == {}
    key, text = book.create("acme", "read", "")
    assert known(book, text) is not None
    assert book.any_active()
    book.revoke(key.id, "acme")
    assert known(book, text) is None
    assert not book.any_active()


def test_while_the_store_is_away_keys_work_for_seconds_and_then_nobody_is_let_in(
    book: KeyBook, registers: Watched, ticking: Ticking
) -> None:
    _, text = book.create("acme", "read", "")
    assert known(book, text) is not None
    registers.failing = True
    ticking.pass_(FRESH)
    assert known(book, text) is not None
    ticking.pass_(STALE - FRESH)
    with pytest.raises(StoreUnavailable):
        known(book, text)
    registers.failing = False
    assert known(book, text) is not None


def test_many_requests_share_one_failure(book: KeyBook, registers: Watched) -> None:
    async def requests() -> list[object]:
        return await asyncio.gather(*(book.active() for _ in range(20)), return_exceptions=True)

    registers.failing = True
    assert {type(answer) for answer in asyncio.run(requests())} == {StoreUnavailable}
    assert registers.scans <= 2


def test_a_tenant_sees_and_revokes_its_own_keys_alone(book: KeyBook) -> None:
    mine, theirs = book.create("acme", "read", "a")[0], book.create("other", "read", "b")[0]
    assert [key.id for key in book.every("acme")] == [mine.id]
    assert {key.id for key in book.every(None)} == {mine.id, theirs.id}
    assert book.revoke(theirs.id, "acme") is None
    assert book.revoke("nothing", None) is None
    assert [key.revoked_at for key in book.every("other")] == [None]
    assert book.revoke(theirs.id, None) is not None


def test_a_key_is_revoked_once(registers: Watched) -> None:
    clock = FixedClock()
    book, made = KeyBook(registers, clock), clock()
    key, _ = book.create("acme", "read", "")
    first = book.revoke(key.id, "acme")
    clock.advance(timedelta(days=1))
    assert book.revoke(key.id, "acme") == first
    assert first is not None
    assert first.revoked_at == made
