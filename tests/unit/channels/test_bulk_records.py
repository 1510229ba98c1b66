"""What is kept of a seller's feed."""

import pytest

from channels.bulk.records import PAGE, Feedbook, Line, LinesMissing, Record
from processor.adapters.memory import MemoryStore
from processor.registers import Registers
from stock.identities import MAX_SKU_CHARS, Sku
from tests.unit.channels.ticking import Ticking


@pytest.fixture
def registers() -> Registers:
    return MemoryStore(Ticking().clock).registers


@pytest.fixture
def book(registers: Registers) -> Feedbook:
    return Feedbook(registers, "acme", "amazon")


def lines(number: int, quantity: int = 1) -> list[Line]:
    return [Line(Sku(f"S{place}"), f"L{place}", "SHIRT", quantity, 3, 1) for place in range(number)]


def test_a_seller_without_a_feed_is_idle(book: Feedbook) -> None:
    assert book.read() == (Record(), 0)


def test_of_two_who_write_at_once_one_is_refused(book: Feedbook) -> None:
    assert book.write(Record(1, "prepared"), 0)
    assert not book.write(Record(1, "idle"), 0)
    assert book.read() == (Record(1, "prepared"), 1)


@pytest.mark.parametrize("number", [1, PAGE, PAGE + 1, 3 * PAGE])
def test_lines_are_read_back_in_order(book: Feedbook, number: int) -> None:
    assert book.keep(1, lines(number))
    assert list(book.lines(Record(1, lines=number))) == lines(number)
    assert book.keep(2, lines(5, 9))
    assert list(book.lines(Record(2, lines=5))) == lines(5, 9)


def test_lines_of_an_earlier_feed_never_replace_those_of_a_later_one(book: Feedbook) -> None:
    assert book.keep(2, lines(5))
    assert not book.keep(1, lines(5, 9))
    assert list(book.lines(Record(2, lines=5))) == lines(5)


def test_missing_lines_are_told(book: Feedbook) -> None:
    book.keep(1, lines(PAGE))
    with pytest.raises(LinesMissing):
        list(book.lines(Record(1, lines=PAGE + 1)))
    with pytest.raises(LinesMissing):
        list(book.lines(Record(2, lines=PAGE)))


def test_a_page_of_the_longest_lines_fits_into_a_register(book: Feedbook, registers: Registers) -> None:
    longest = "\N{GRINNING FACE}" * MAX_SKU_CHARS
    wide = [Line(Sku(longest), longest, longest, 10**6, 10**12, 10**12) for _ in range(PAGE)]
    assert book.keep(1, wide)
    register = registers.read("feed/acme/amazon/0")
    assert register is not None
    assert len(register.value) <= 300_000
