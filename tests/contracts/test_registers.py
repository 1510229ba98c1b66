"""Registers: small named values, changed by compare-and-set, listed by prefix."""

from functools import partial

import pytest

from processor.registers import Register
from processor.store import Store
from tests.contracts.threads import at_once, insisting
from tests.factories import NASTY_KEYS
from tests.stores import Eventually

VALUES = {
    "a text": b"acme:7",
    "no bytes": b"",
    "bytes that are no text": bytes(range(256)),
    "300 kB": b"\x00\xff" * 150_000,
}


def scan(store: Store, prefix: str) -> list[str]:
    return [name for name, _ in store.registers.scan(prefix)]


def create(store: Store, *names: str) -> None:
    for name in names:
        assert store.registers.write(name, name.encode(), 0)


def test_a_register_never_written_is_none(store: Store) -> None:
    create(store, "other")

    assert store.registers.read("lease") is None


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_a_register_reads_as_it_was_written(store: Store, eventually: Eventually, value: bytes) -> None:
    assert store.registers.write("lease", value, 0)

    assert store.registers.read("lease") == Register(value, 1)
    eventually(lambda: list(store.registers.scan("lease")), [("lease", Register(value, 1))])


def test_each_write_upon_the_present_revision_makes_the_next(store: Store) -> None:
    for revision in range(5):
        assert store.registers.write("lease", b"%d" % revision, revision)
        assert store.registers.read("lease") == Register(b"%d" % revision, revision + 1)


@pytest.mark.parametrize("expected", [0, 1, 3, 99])
def test_a_write_upon_another_revision_is_refused_and_changes_nothing(store: Store, expected: int) -> None:
    store.registers.write("lease", b"one", 0)
    store.registers.write("lease", b"two", 1)

    assert not store.registers.write("lease", b"no", expected)

    assert store.registers.read("lease") == Register(b"two", 2)


def test_a_write_upon_a_register_that_is_not_there_is_refused(store: Store, eventually: Eventually) -> None:
    assert not store.registers.write("lease", b"no", 1)

    assert store.registers.read("lease") is None
    eventually(partial(scan, store, ""), [])


def test_writing_the_same_value_again_is_a_write(store: Store) -> None:
    store.registers.write("lease", b"same", 0)

    assert not store.registers.write("lease", b"same", 0)
    assert store.registers.write("lease", b"same", 1)
    assert store.registers.read("lease") == Register(b"same", 2)


def test_every_name_is_a_register_of_its_own(store: Store, eventually: Eventually) -> None:
    names = [*NASTY_KEYS, "\N{GRINNING FACE}" * 250]
    create(store, *names)

    for name in names:
        assert store.registers.read(name) == Register(name.encode(), 1)
    eventually(partial(scan, store, ""), sorted(names))


def test_concurrent_increments_lose_nothing(store: Store) -> None:
    def increment(_: int) -> None:
        done = 0
        for _ in range(2000):
            now = store.registers.read("counter") or Register(b"0", 0)
            more = b"%d" % (int(now.value) + 1)
            done += insisting(partial(store.registers.write, "counter", more, now.revision))
            if done == 10:
                return

    at_once(8, increment)

    assert store.registers.read("counter") == Register(b"80", 80)


def test_of_writers_upon_the_same_revision_one_wins(store: Store) -> None:
    def write(revision: int, writer: int) -> bool:
        return insisting(lambda: store.registers.write("lease", b"%d" % writer, revision))

    for revision in range(6):
        won = at_once(8, partial(write, revision))
        assert won.count(True) == 1
        assert store.registers.read("lease") == Register(b"%d" % won.index(True), revision + 1)


def test_a_scan_of_an_empty_store_is_empty(store: Store) -> None:
    assert scan(store, "") == []


def test_a_scan_is_in_order_of_name_by_code_point(store: Store, eventually: Eventually) -> None:
    names = ["n", "n ", "n/10", "n/2", "nA", "n_", "na", "n\u00e9", "n\ufffd", "n\U0001f600"]
    create(store, *names[::-1])

    eventually(partial(scan, store, "n"), names)


@pytest.mark.parametrize(
    ("prefix", "wanted"),
    [
        ("lease/", ["lease/", "lease/a", "lease/a/b", "lease/b"]),
        ("lease/a", ["lease/a", "lease/a/b"]),
        ("lease", ["lease", "lease%", "lease/", "lease/a", "lease/a/b", "lease/b", "leases", "lease\U0001f600"]),
        ("lease%", ["lease%"]),
        ("leas_", []),
        ("Lease", ["Lease/a"]),
        ("lease/c", []),
        ("lease\U0001f600", ["lease\U0001f600"]),
        ("e", []),
        ("*", ["*"]),
        ("[l]", []),
        ("\\", ["\\a"]),
        ("\U000e01ef", ["\U000e01ef", "\U000e01efa"]),
    ],
)
def test_a_scan_yields_what_begins_with_its_prefix_and_nothing_else(
    store: Store, eventually: Eventually, prefix: str, wanted: list[str]
) -> None:
    create(store, "lease", "lease%", "lease/", "lease/a", "lease/a/b", "lease/b", "leases", "lease\U0001f600")
    create(store, "Lease/a", "leash", "mease/a", "*", "\\a", "\U000e01ef", "\U000e01efa")

    eventually(partial(scan, store, prefix), wanted)


def test_a_long_scan_comes_to_its_end(store: Store, eventually: Eventually) -> None:
    names = [f"attempt/{number:03}" for number in range(120)]
    for name in names:
        store.registers.write(name, b"\xff" * 20_000, 0)

    eventually(partial(scan, store, "attempt/"), names)
    assert {register for _, register in store.registers.scan("attempt/")} == {Register(b"\xff" * 20_000, 1)}


def test_a_scan_may_be_left_halfway_and_hinders_no_write(store: Store, eventually: Eventually) -> None:
    create(store, "a", "b", "c")
    eventually(partial(scan, store, ""), ["a", "b", "c"])

    scanning = store.registers.scan("")
    assert next(scanning)[0] == "a"

    assert store.registers.write("a", b"more", 1)
    assert [name for name, _ in scanning] == ["b", "c"]
