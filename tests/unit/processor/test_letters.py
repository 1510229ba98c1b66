"""What is put into queues, and read out of them again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.clock import Instant
from processor.events import Event
from processor.letters import fact_letters, facts_in, redo_letters, streams_in
from processor.log import Append
from processor.queues import MAX_BODY_BYTES
from processor.streams import MAX_KEY_BYTES, StreamId, stream_id
from tests.factories import MORNING

printable = st.characters(exclude_categories=("C", "Z"))
texts = st.text(printable, min_size=1, max_size=40)
keys = texts | st.sampled_from(['"' * MAX_KEY_BYTES, "\\" * MAX_KEY_BYTES, "é" * (MAX_KEY_BYTES // 2), "a/b # %2F"])
streams = st.builds(stream_id, st.sampled_from(["acme", "default"]), st.sampled_from(["sku", "order"]), keys)
events = st.builds(
    lambda data, tx, digest, source, causation, correlation: Event(
        "SaleRecorded", 1, data.encode(), tx, digest, MORNING, source, causation, correlation
    ),
    st.text(max_size=2000).map(lambda text: '{"note":"' + text.replace('"', "'").replace("\\", "/") + '"}'),
    texts,
    texts,
    texts,
    st.none() | texts,
    st.none() | texts,
)
appends = st.builds(
    lambda stream, facts: Append(stream, tuple(facts)), streams, st.lists(events, min_size=1, max_size=5)
)


def an_event(number: int = 1, data: bytes = b'{"quantity":1}') -> Event:
    return Event("SaleRecorded", 1, data, f"tx-{number}", "d", Instant(MORNING), "test")


@given(st.lists(streams, max_size=300))
def test_every_stream_is_named_once_in_messages_that_a_queue_takes(asked: list[StreamId]) -> None:
    letters = list(redo_letters(asked))
    assert [stream for letter in letters for stream in streams_in(letter)] == list(dict.fromkeys(asked))
    assert all(len(letter) <= MAX_BODY_BYTES for letter in letters)


@given(st.lists(appends, max_size=20))
def test_facts_come_out_as_they_went_in_one_append_each(asked: list[Append]) -> None:
    letters = list(fact_letters(asked))
    wanted = [Append(append.stream, (event,)) for append in asked for event in append.events]
    assert [append for letter in letters for append in facts_in(letter)] == wanted
    assert all(len(letter) <= MAX_BODY_BYTES for letter in letters)


def test_the_longest_names_fill_several_messages() -> None:
    asked = [stream_id("acme", "order", str(number).zfill(3) + '"' * (MAX_KEY_BYTES - 3)) for number in range(250)]
    letters = list(redo_letters(asked))
    assert max(map(len, letters)) <= MAX_BODY_BYTES
    assert [stream for letter in letters for stream in streams_in(letter)] == asked


def test_facts_go_in_as_few_messages_as_hold_them() -> None:
    facts = tuple(an_event(number, b'{"note":"%s"}' % (b"x" * 10_000)) for number in range(60))
    letters = list(fact_letters([Append(stream_id("acme", "sku", "A"), facts)]))
    assert 4 <= len(letters) <= 5
    assert max(map(len, letters)) <= MAX_BODY_BYTES


def test_an_append_that_expects_a_head_cannot_wait() -> None:
    sku = stream_id("acme", "sku", "A")
    with pytest.raises(ValueError, match="cannot wait"):
        list(fact_letters([Append(sku, (an_event(),)), Append(sku, (an_event(2),), expected=0)]))


@pytest.mark.parametrize(
    "letter",
    [
        b"",
        b"no JSON",
        b"[]",
        b"{}",
        b'{"facts":[{}]}',
        b'{"facts":[{"stream":"nowhere","type":"T","schema":1,"data":"{}","tx":"t","digest":"d","occurred":"x","source":"s"}]}',
        b'{"streams":["no stream"]}',
        b"\xff",
    ],
)
def test_anything_else_is_a_value_error(letter: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever mistake it is
        facts_in(letter)
    with pytest.raises(ValueError):  # noqa: PT011
        streams_in(letter)
