"""Writers in several processes, as separate stores are: nothing but the table's conditions keeps them apart."""

from collections.abc import Callable, Sequence
from functools import partial

from processor.adapters.dynamodb import DynamoStore
from processor.log import Appended, Duplicate, Outcome
from processor.models import Commit, Row
from tests.contracts.threads import at_once, insisting
from tests.factories import a_model, a_stream, an_append, events

WRITERS = 24
FACTS_EACH = 3


def test_rivals_on_one_stream_number_it_without_gaps_and_each_fact_once(rivals: Callable[[], DynamoStore]) -> None:
    stream, facts = a_stream(), events(WRITERS * FACTS_EACH)
    stores = [rivals() for _ in range(6)]

    def write(writer: int) -> list[Outcome]:
        """Every fact is brought by two writers, of different stores."""
        first = writer * FACTS_EACH
        mine = (*facts[first : first + FACTS_EACH], *facts[first - FACTS_EACH : first or None])
        log = stores[writer % len(stores)].log
        return [insisting(partial(log.append, [an_append(stream, fact)]))[0] for fact in mine]

    outcomes = [outcome for own in at_once(WRITERS, write) for outcome in own]

    appended = {o.version: o.event for o in outcomes if isinstance(o, Appended)}
    assert sorted(appended) == list(range(1, len(facts) + 1))
    assert sum(isinstance(outcome, Duplicate) for outcome in outcomes) == len(facts)
    assert list(stores[0].log.read(stream)) == [event for _, event in sorted(appended.items())]
    assert {event.tx_id for event in appended.values()} == {fact.tx_id for fact in facts}


def test_of_rivals_with_the_same_expected_head_one_wins(rivals: Callable[[], DynamoStore]) -> None:
    stream = a_stream()
    stores = [rivals() for _ in range(8)]

    outcomes = at_once(8, lambda n: insisting(lambda: stores[n].log.append([an_append(stream, expected=0)])[0]))

    assert sum(isinstance(outcome, Appended) for outcome in outcomes) == 1
    assert stores[0].log.heads([stream]) == {stream: 1}


def test_of_rival_commits_one_wins_each_revision(rivals: Callable[[], DynamoStore]) -> None:
    model, key = a_model(), a_stream()
    stores = [rivals() for _ in range(8)]

    for revision in range(5):
        commit = Commit(model, key, Row(b"", {key: 1}, revision))
        won = at_once(8, partial(_commit, stores, commit))
        assert sorted(won) == [False] * 7 + [True]


def _commit(stores: Sequence[DynamoStore], commit: Commit, writer: int) -> bool:
    return insisting(lambda: stores[writer].models.commit([commit])[0])


def test_a_stale_memory_of_the_head_costs_a_race_and_nothing_else(rivals: Callable[[], DynamoStore]) -> None:
    stream = a_stream()
    one, other = rivals(), rivals()
    one.log.append([an_append(stream)])
    other.log.append([an_append(stream, *events(4))])

    [outcome] = one.log.append([an_append(stream)])

    assert isinstance(outcome, Appended)
    assert outcome.version == 6
