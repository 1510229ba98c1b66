"""Whether what was built is right: every row and document equal to the pure fold of the events that are stored."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from benchmarks.peer import Recorder, recorded
from benchmarks.peer_model import DOCUMENTS, FOLDS, States, Values
from benchmarks.traffic import TENANT
from processor.events import Recorded
from processor.models import Document, Entry, Model, Row
from processor.projection import Projection, Put
from processor.store import Store
from processor.streams import StreamId
from stock.codec import decode

_CHUNK = 500

T = TypeVar("T")


def verify_ours(store: Store) -> int:
    """Raise AssertionError unless every model stands at the log's head and equals its fold; return the events."""
    events = 0
    written: dict[str, dict[str, Document]] = {fold.name: {} for fold in FOLDS}
    for streams in _chunks(list(store.log.streams())):
        stored = {stream: list(store.log.read(stream)) for stream in streams}
        assert {stream: len(found) for stream, found in stored.items()} == store.log.heads(streams)
        events += sum(map(len, stored.values()))
        for fold in FOLDS:
            rows = store.models.load(Model(fold.name, 1), streams)
            expected = {stream: _fold(fold, found, written[fold.name]) for stream, found in stored.items()}
            assert {key: _shown(row) for key, row in rows.items()} == expected, f"{fold.name}: rows differ"
    for name, documents in written.items():
        _verify_documents(store, Model(name, 1), documents)
    return events


def _fold(
    fold: Projection[Any], events: Sequence[Recorded], documents: dict[str, Document]
) -> tuple[bytes, Mapping[StreamId, int], tuple[Any, ...]]:
    state = fold.initial()
    for event in events:
        for change in fold.apply(state, event, decode(event)):
            assert isinstance(change, Put)
            documents[change.document.id] = change.document
    stream = events[-1].stream
    return fold.encode(state), {stream: events[-1].version}, _trimmed(fold.keys(stream, state))


def _shown(row: Row) -> tuple[bytes, Mapping[StreamId, int], tuple[Any, ...]]:
    return row.state, dict(row.positions), _trimmed(row.keys)


def _trimmed(keys: Sequence[Any]) -> tuple[Any, ...]:
    """Return keys without the empty places at their end, which mean nothing."""
    last = max((place for place, key in enumerate(keys) if key is not None), default=-1)
    return tuple(keys[: last + 1])


def _verify_documents(store: Store, model: Model, expected: Mapping[str, Document]) -> None:
    for ids in _chunks(list(expected)):
        found = store.models.get(model, TENANT, ids)
        assert all(found[id_].body == expected[id_].body for id_ in ids), f"{model}: documents differ"
    places = {(i, key.partition) for document in expected.values() for i, key in enumerate(document.keys) if key}
    if places:
        index = max(number for number, _ in places)
        assert sum(1 for _ in _indexed(store, model, index)) == len(expected), f"{model}: documents too many or too few"


def _indexed(store: Store, model: Model, index: int) -> Iterator[Entry]:
    """Yield what stands in the index of everything, the last of those projections that have documents."""
    after = None
    while True:
        page = store.models.query(model, TENANT, index, "all", after=after, limit=1000)
        yield from page.items
        after = page.after
        if after is None:
            return


def verify_peer(log: Recorder, position: int, rows: Mapping[str, Values], counts: Mapping[str, int]) -> None:
    """Raise AssertionError unless the peer's rows (by SKU) and documents (counted) equal the fold of its events."""
    states, written = States(), dict.fromkeys(DOCUMENTS, 0)
    start = 1
    while start <= position:
        section = log.select_notifications(start, 1000, position)
        for notification in section:
            for kind, _ in states.fold(recorded(notification)):
                written[kind] += 1
        start = section[-1].id + 1
    assert rows == {str(row[0]): row for row in states.rows()}, "the peer's rows differ"
    assert counts == written, "the peer's documents are too many or too few"


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    found = iter(items)
    while chunk := list(islice(found, _CHUNK)):
        yield chunk
