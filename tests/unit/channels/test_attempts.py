"""Delivery rows: numbers claimed before the call, changed by compare-and-set."""

import msgspec
import pytest

from channels.attempts import Attempts, Carried, Check, Delivery
from processor.adapters.memory import MemoryStore
from processor.registers import Registers
from stock.identities import MAX_SKU_CHARS, sku
from tests.factories import MORNING
from tests.unit.channels.ticking import Ticking

SKU = sku("T/SHIRT #1 100% ü 日本")


@pytest.fixture
def registers() -> Registers:
    return MemoryStore(Ticking().clock).registers


@pytest.fixture
def attempts(registers: Registers) -> Attempts:
    return Attempts(registers, "amazon")


def an_attempt(number: int = 1, *, fence: int = 1, suspect: bool = False) -> Delivery:
    check = Check("L", merchant=True, at=MORNING)
    return Delivery(number, "L", 5, 3, fence, MORNING, "unknown", suspect, check)


def test_a_sku_that_was_never_told_has_an_empty_row(attempts: Attempts) -> None:
    entry = attempts.entry("acme", SKU)
    assert (entry.delivery.attempt, entry.revision, entry.delivery.doubtful) == (0, 0, False)


def test_a_row_is_read_back_as_it_was_written(attempts: Attempts) -> None:
    written = attempts.write(attempts.entry("acme", SKU), an_attempt())
    assert written is not None
    assert attempts.entry("acme", SKU) == written
    assert written.delivery == an_attempt()


def test_of_two_writers_one_wins(attempts: Attempts) -> None:
    entry = attempts.entry("acme", SKU)
    assert attempts.write(entry, an_attempt(fence=1)) is not None
    assert attempts.write(entry, an_attempt(fence=1)) is None


def test_a_row_of_a_later_holder_is_left_alone(attempts: Attempts) -> None:
    assert attempts.write(attempts.entry("acme", SKU), an_attempt(fence=2)) is not None
    entry = attempts.entry("acme", SKU)
    assert attempts.write(entry, an_attempt(2, fence=1)) is None
    assert attempts.entry("acme", SKU).delivery.fence == 2


@pytest.mark.parametrize("suspect", [False, True])
def test_what_was_accepted_leaves_no_doubt(*, suspect: bool) -> None:
    assert an_attempt(suspect=suspect).doubtful
    assert not an_attempt(suspect=suspect).ended("accepted").doubtful


def test_a_refusal_does_not_clear_the_doubt_an_earlier_attempt_left() -> None:
    assert not an_attempt().ended("refused").doubtful
    assert an_attempt(suspect=True).ended("refused").doubtful
    assert an_attempt(suspect=True).ended("untaken").doubtful


def test_the_rows_in_doubt_are_found_tenant_by_tenant(attempts: Attempts) -> None:
    for tenant, name, row in (
        ("acme", SKU, an_attempt()),
        ("acme", sku("settled"), an_attempt().ended("accepted")),
        ("acme", sku("suspect"), an_attempt(suspect=True).ended("refused")),
        ("acme-2", sku("other"), an_attempt()),
    ):
        assert attempts.write(attempts.entry(tenant, name), row)
    assert set(attempts.doubtful("acme")) == {SKU, "suspect"}


def test_the_name_of_the_longest_sku_fits_a_register(attempts: Attempts) -> None:
    longest = sku("\N{GRINNING FACE}" * MAX_SKU_CHARS)
    assert len(attempts.entry("x" * 40, longest).name.encode()) <= 1000


def test_channels_have_rows_of_their_own(registers: Registers) -> None:
    amazon, shopify = Attempts(registers, "amazon"), Attempts(registers, "shopify")
    assert amazon.write(amazon.entry("acme", SKU), an_attempt())
    assert shopify.entry("acme", SKU).revision == 0


def carried(attempt: int, *, newest: int | None = None) -> Delivery:
    row = Delivery(newest or attempt, "L", 5, 3, 1, MORNING, "unknown")
    return msgspec.structs.replace(row, carried=Carried(7, attempt, 5))


def test_a_row_that_a_feed_carries_is_in_doubt_whatever_is_told_meanwhile() -> None:
    row = carried(1, newest=2).ended("accepted")
    assert (row.doubtful, row.suspect) == (True, False)


def test_what_a_feed_carried_and_nobody_heard_of_is_in_doubt_but_on_its_way_no_more() -> None:
    row = carried(3).let_go()
    assert (row.carried, row.doubtful, row.outcome, row.landed) == (None, True, "untaken", 3)


def test_what_was_told_during_a_feed_is_in_doubt_when_it_is_over() -> None:
    row = carried(3, newest=4).ended("accepted").let_go()
    assert (row.carried, row.doubtful, row.outcome, row.landed) == (None, True, "accepted", 0)
