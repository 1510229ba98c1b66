"""Units beside what other threads do."""

import pytest

from processor.errors import Retryable
from processor.log import Appended, Outcome
from processor.store import Store
from processor.streams import StreamId
from tests.contracts.commits import take
from tests.contracts.threads import SECONDS, at_once, begin, elsewhere
from tests.contracts.units import ALL, NONE, failing_unit, traces, write
from tests.factories import a_commit, a_model, a_row, a_stream, an_append, events
from tests.stores import JOINING

joining = pytest.mark.parametrize("kind", JOINING, indirect=True)
"""For what only a store that joins can show."""


@joining
def test_a_unit_s_writes_are_invisible_to_others_until_its_end(store: Store) -> None:
    stream = a_stream()

    with store.unit():
        write(store, stream)
        assert elsewhere(lambda: traces(store, stream)) == NONE
        assert elsewhere(lambda: list(store.log.streams())) == []
        assert elsewhere(lambda: list(store.models.rows(a_model(), "acme", "sku").items)) == []

    assert elsewhere(lambda: traces(store, stream)) == ALL


def test_a_unit_undone_by_one_thread_leaves_what_another_writes_meanwhile(store: Store) -> None:
    mine, theirs = a_stream(), a_stream()

    with failing_unit(store):
        write(store, mine)
        meanwhile = begin(lambda: write(store, theirs))
    meanwhile.result(SECONDS)

    assert traces(store, theirs) == ALL
    assert traces(store, mine) == (NONE if store.joins else ALL)


def test_units_in_many_threads_number_a_stream_without_gaps(store: Store) -> None:
    stream = a_stream()

    def work(_: int) -> list[Outcome]:
        answers = []
        for _ in range(5):
            with store.unit():
                own = a_stream()
                answers.append(store.log.append([an_append(stream)])[0])
                take(store, a_commit(own, a_row(positions={own: 1})))
        return answers

    answers = [answer for own in at_once(6, work) for answer in own]

    assert sorted(answer.version for answer in answers if isinstance(answer, Appended)) == list(range(1, 31))
    assert [event.version for event in store.log.read(stream)] == list(range(1, 31))


def test_units_that_take_streams_in_opposite_orders_all_finish(store: Store) -> None:
    streams = [a_stream(), a_stream()]

    def unit(order: list[StreamId]) -> bool:
        facts = [events(1), events(1)]
        for _ in range(50):
            try:
                with store.unit():
                    for stream, fact in zip(order, facts, strict=True):
                        store.log.append([an_append(stream, *fact)])
            except Retryable:
                continue
            return True
        return False

    def work(number: int) -> bool:
        order = streams if number % 2 else streams[::-1]
        return all(unit(order) for _ in range(3))

    assert at_once(4, work) == [True] * 4
    for stream in streams:
        assert [event.version for event in store.log.read(stream)] == list(range(1, 13))
