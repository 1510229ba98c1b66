"""What a doorbell's hints amount to, and where a run stands to a row."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from processor.classify import classify
from processor.errors import TooNew
from processor.events import Recorded
from processor.run import newest_run, run_of
from processor.streams import StreamId, fed_row, stream_id
from tests.factories import a_recorded, an_event
from tests.unit.processor.scripted import ROW

versions = st.integers(1, 12)
keys = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=8).filter(str.isprintable)


def a_codec(*unreadable: int, waits: bool = False) -> object:
    def codec(event: Recorded) -> int:
        if event.version in unreadable:
            raise TooNew("Marvel", 9, None) if waits else ValueError("no")
        return -event.version

    return codec


def some_events(numbers: Sequence[int]) -> list[Recorded]:
    return [a_recorded(an_event(tx=f"tx-{number}"), number, ROW) for number in numbers]


@given(st.lists(versions, min_size=1, max_size=15))
def test_hints_in_any_order_and_repeated_give_the_newest_run_without_gaps(numbers: list[int]) -> None:
    run = newest_run(some_events(numbers), lambda event: -event.version)
    assert run.last == max(numbers)
    assert set(range(run.first, run.last + 1)) <= set(numbers)
    assert run.first - 1 not in numbers
    assert [(event.version, fact) for event, fact in run.pairs] == [
        (version, -version) for version in range(run.first, run.last + 1)
    ]
    assert (run.failure, run.end) == (None, run.last)


@given(st.integers(1, 5), st.integers(1, 8), st.sets(versions), st.booleans())
def test_a_run_ends_before_the_first_event_that_cannot_be_read(
    first: int,
    number: int,
    unreadable: set[int],
    waits: bool,  # noqa: FBT001 - drawn
) -> None:
    numbers = range(first, first + number)
    run = run_of(some_events(numbers), a_codec(*unreadable, waits=waits))  # type: ignore[arg-type]
    broken = min((version for version in numbers if version in unreadable), default=None)
    assert [event.version for event, _ in run.pairs] == [v for v in numbers if broken is None or v < broken]
    assert run.end == numbers[-1]
    if broken is None:
        assert (run.failure, run.last) == (None, run.end)
    else:
        assert run.failure is not None
        assert (run.failure.stream, run.failure.version, run.failure.waits) == (ROW, broken, waits)
        assert (run.last, [event.version for event in run.rest]) == (broken - 1, list(range(broken, run.end + 1)))


@given(st.integers(0, 12), versions, st.integers(0, 6))
def test_a_run_is_folded_exactly_from_the_event_after_the_row(position: int, first: int, more: int) -> None:
    last = first + more
    beyond = [version for version in range(first, last + 1) if version > position]
    match classify(position, first, last):
        case "discard":
            assert not beyond
        case "gap":
            assert beyond
            assert beyond[0] > position + 1
        case skip:
            assert isinstance(skip, int)
            assert list(range(first, last + 1))[skip:] == beyond == list(range(position + 1, last + 1))


@given(keys)
def test_a_category_that_feeds_itself_feeds_the_row_of_the_same_name(key: str) -> None:
    stream = stream_id("acme", "sku", key)
    assert fed_row({"sku": "sku"}, stream) == stream


@given(st.sampled_from(["amazon", "shopify"]), keys)
def test_a_channel_feeds_the_row_of_its_sku_whatever_the_sku_is_called(channel: str, key: str) -> None:
    stream = stream_id("acme", "channel", f"{channel}:{key}")
    assert fed_row({"sku": "sku", "channel": "sku"}, stream) == StreamId("acme", "sku", key)


@given(keys)
def test_a_category_that_is_not_named_feeds_nothing(key: str) -> None:
    assert fed_row({"sku": "sku"}, stream_id("acme", "order", key)) is None


@given(st.sampled_from(["acme", "a-1"]), st.sampled_from(["sku", "channel"]), keys)
def test_a_stream_s_name_reads_back(tenant: str, category: str, key: str) -> None:
    stream = stream_id(tenant, category, key)
    assert StreamId.parse(str(stream)) == stream
