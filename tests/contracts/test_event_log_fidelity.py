"""What goes into the log comes out unchanged: every field, every key, every tenant's own."""

from datetime import timedelta

import pytest

from processor.clock import Instant
from processor.events import Event
from processor.log import Appended
from processor.store import Store
from tests.factories import NASTY_KEYS, a_stream, an_append, an_event, events
from tests.stores import Eventually, FixedClock

FACTS = {
    "no causation and no correlation": an_event(),
    "a causation and a correlation": an_event(causation="acme/order/shopify:1@3", correlation="req-👍🏽"),
    "an empty causation, which is not None": an_event(causation="", correlation=""),
    "100 kB of data": an_event(data=b'"' + b"x" * 99_998 + b'"'),
    "100 kB of wide characters": an_event(data='"{}"'.format("\N{GRINNING FACE}" * 24_999).encode()),
    "data that a JSON store would reorder or respace": an_event(data=b'{ "b":1,\n "a":1.0, "a":2 , "c":1e2}'),
    "data with an escaped NUL": an_event(data=b'{"a":"\\u0000"}'),
    "data of two bytes": an_event(data=b"{}"),
    "a tx of 200 bytes": an_event(tx="\N{GRINNING FACE}" * 50),
    "a tx of nasty characters": an_event(tx="x#a/b%20'\"\\ ~@:* \N{REPLACEMENT CHARACTER}"),
    "a high schema number": an_event(schema=2**31 - 1),
    "the first and the last microsecond": an_event(occurred_at=Instant("0001-01-01T00:00:00.000000Z")),
    "the end of the calendar": an_event(occurred_at=Instant("9999-12-31T23:59:59.999999Z")),
    "a source of nasty characters": an_event(source="shopify/hook 'é' \"#\" \\ 日本"),
    "texts that look like numbers": an_event(tx="007", digest="1e5", source="0", causation="1.0", correlation="NULL"),
}


@pytest.mark.parametrize("event", FACTS.values(), ids=FACTS.keys())
def test_every_field_comes_back_as_it_was_given(store: Store, clock: FixedClock, event: Event) -> None:
    stream = a_stream()

    [outcome] = store.log.append([an_append(stream, event)])

    [read] = store.log.read(stream)
    assert isinstance(outcome, Appended)
    assert outcome.event == read == store.log.find([(stream, event.tx_id)])[stream, event.tx_id]
    assert store.log.read_many({stream: 0}, limit=1) == {stream: [read]}
    assert (read.stream, read.version, read.recorded_at) == (stream, 1, clock())
    assert {name: getattr(read, name) for name in Event.__struct_fields__} == {
        name: getattr(event, name) for name in Event.__struct_fields__
    }
    assert type(read.data) is bytes


def test_recorded_at_is_the_moment_of_the_append_by_the_log_s_clock(store: Store, clock: FixedClock) -> None:
    stream = a_stream()
    early = clock()
    store.log.append([an_append(stream)])
    late = clock.advance(timedelta(microseconds=1))
    store.log.append([an_append(stream)])

    assert [event.recorded_at for event in store.log.read(stream)] == [early, late]


def test_a_duplicate_long_after_changes_nothing_of_the_first(store: Store, clock: FixedClock) -> None:
    stream, event = a_stream(), an_event()
    store.log.append([an_append(stream, event)])
    before = list(store.log.read(stream))
    clock.advance(timedelta(days=400))

    store.log.append([an_append(stream, event)])

    assert list(store.log.read(stream)) == before


def test_every_key_names_a_stream_of_its_own(store: Store, eventually: Eventually) -> None:
    streams = {a_stream(key=key): number for number, key in enumerate(NASTY_KEYS, start=1)}
    facts = {stream: events(1 + number % 3) for stream, number in streams.items()}

    store.log.append([an_append(stream, *facts[stream]) for stream in streams])

    assert store.log.heads(list(streams)) == {stream: len(facts[stream]) for stream in streams}
    for stream, told in facts.items():
        assert [event.tx_id for event in store.log.read(stream)] == [event.tx_id for event in told]
        assert all(event.stream == stream for event in store.log.read(stream))
        assert store.log.find([(stream, told[0].tx_id)])
    eventually(lambda: sorted(store.log.streams()), sorted(streams))


ALIKE = [
    (("a", "sku", "k"), ("b", "sku", "k")),
    (("a", "sku", "k"), ("a", "order", "k")),
    (("a", "sku", "k"), ("a-", "sku", "k")),
    (("a", "sku", "b"), ("a-sku", "sku", "b")),
    (("a", "sku", "b/sku/k"), ("b", "sku", "k")),
    (("a", "sku", "#b#sku#k"), ("b", "sku", "k")),
    (("x", "acme", "sku#k"), ("acme", "sku", "k")),
    (("x", "x", "x#x"), ("x", "x", "x")),
    (("1", "sku", "1"), ("01", "sku", "1")),
    (("a", "s", "kus/k"), ("a", "skus", "k")),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_streams_that_look_alike_share_nothing(
    store: Store, one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    first, second = a_stream(*one), a_stream(*other)
    event = an_event()

    outcomes = store.log.append([an_append(first, event), an_append(second, event, *events(1))])

    assert [type(outcome) for outcome in outcomes] == [Appended] * 3
    assert store.log.heads([first, second]) == {first: 1, second: 2}
    assert [event.stream for event in store.log.read(first)] == [first]
    assert [event.stream for event in store.log.read(second)] == [second, second]
