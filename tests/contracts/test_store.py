"""A store as a whole: opened, closed, opened again, several side by side."""

from collections.abc import Callable

from processor.log import Duplicate
from processor.models import IndexKey
from processor.registers import Register
from processor.store import Store
from tests.contracts.commits import get, load, take
from tests.factories import a_commit, a_document, a_model, a_row, a_stream, an_append, an_event
from tests.stores import Place


def test_a_fresh_store_is_empty(store: Store) -> None:
    stream = a_stream()

    assert list(store.log.streams()) == []
    assert store.log.heads([stream]) == {stream: 0}
    assert store.models.load(a_model(), [stream]) == {}
    assert list(store.models.lagging(a_model(), {"sku": "sku"})) == []
    assert list(store.registers.scan("")) == []


def test_all_that_was_answered_is_there_after_reopening(place: Place) -> None:
    stream, event = a_stream(), an_event()
    row, document = (
        a_row(b"s", {stream: 1}, keys=(IndexKey("p", "s"),)),
        a_document("d", b"b", None, IndexKey("p", "s")),
    )
    first = place.open()
    first.log.append([an_append(stream, event)])
    take(first, a_commit(stream, row, document))
    first.registers.write("lease", b"v", 0)
    before = list(first.log.read(stream))
    first.close()

    again = place.open()

    assert list(again.log.read(stream)) == before
    assert again.log.append([an_append(stream, event)]) == [Duplicate(1)]
    assert load(again, a_model(), stream) == a_row(b"s", {stream: 1}, revision=1, keys=row.keys)
    assert get(again, a_model(), "acme", "d") == document
    assert again.models.commit([a_commit(stream)]) == [False]
    assert again.registers.read("lease") == Register(b"v", 1)


def test_what_one_opening_wrote_another_sees_at_once(place: Place) -> None:
    one, other = place.open(), place.open()
    stream = a_stream()

    for version in range(1, 4):
        one.log.append([an_append(stream)])
        take(one, a_commit(stream, a_row(b"%d" % version, revision=version - 1)))
        assert one.registers.write("r", b"%d" % version, version - 1)

        assert other.log.heads([stream]) == {stream: version}
        assert [event.version for event in other.log.read(stream)] == list(range(1, version + 1))
        assert other.models.load(a_model(), [stream])[stream].revision == version
        assert other.registers.read("r") == Register(b"%d" % version, version)
        assert not other.registers.write("r", b"stale", version - 1)


def test_a_store_may_be_closed_twice(place: Place) -> None:
    store = place.open()
    store.log.append([an_append(a_stream())])

    store.close()
    store.close()


def test_stores_are_each_their_own(stores: Callable[[], Store]) -> None:
    one, other = stores(), stores()
    stream, event = a_stream(), an_event()
    one.log.append([an_append(stream, event)])
    take(one, a_commit(stream, a_row(), a_document("d")))
    one.registers.write("r", b"v", 0)

    assert other.log.heads([stream]) == {stream: 0}
    assert not other.log.find([(stream, event.tx_id)])
    assert other.models.load(a_model(), [stream]) == {}
    assert get(other, a_model(), "acme", "d") is None
    assert other.registers.read("r") is None
