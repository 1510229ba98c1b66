"""A projection that does as its facts say, to see what the engine makes of it."""

from collections.abc import Mapping, Sequence

import msgspec

from processor.events import Recorded
from processor.models import Commit, Document, IndexKey, Keys
from processor.projection import Amend, Change, Delete, Put
from processor.run import Run, run_of
from processor.streams import StreamId
from tests.factories import a_recorded, an_event

Script = Sequence[Sequence[Change]]
"""Per event, the changes that it makes."""

ROW = StreamId("acme", "sku", "T")
BESIDE = StreamId("acme", "channel", "amazon:T")


class Scripted:
    """Counts events, per stream; documents change as each fact says."""

    name = "scripted"
    schema = 1
    feeds: Mapping[str, str] = {"sku": "sku", "channel": "sku"}
    indexes = ("any", "other")

    def initial(self) -> dict[str, int]:
        return {}

    def decode(self, state: bytes) -> dict[str, int]:
        return msgspec.json.decode(state, type=dict[str, int])

    def encode(self, state: dict[str, int]) -> bytes:
        return msgspec.json.encode(state, order="deterministic")

    def apply(self, state: dict[str, int], event: Recorded, fact: object) -> Sequence[Change]:
        state[str(event.stream)] = event.version
        if isinstance(fact, Exception):
            raise fact
        assert isinstance(fact, Sequence)
        return fact

    def keys(self, key: StreamId, state: dict[str, int]) -> Keys:
        return (IndexKey(key.key, str(sum(state.values()))),)

    def readable(self, state: dict[str, int]) -> bool:
        return bool(state)

    def glimpse(self, state: dict[str, int]) -> int:
        return sum(state.values())


def a_run(script: Sequence[object], stream: StreamId = ROW, first: int = 1) -> Run:
    """Return a run of one event per entry of `script`, which is the event's fact."""
    events = [a_recorded(an_event(), first + place, stream) for place in range(len(script))]
    return run_of(events, lambda event: script[event.version - first])


def told_plainly(script: Script, documents: dict[str, Document] | None = None) -> dict[str, Document]:
    """Return the documents after the script, change by change."""
    documents = dict(documents or {})
    for changes in script:
        for change in changes:
            match change:
                case Put(document):
                    documents[document.id] = document
                case Delete(id_):
                    documents.pop(id_, None)
                case Amend(id_) if id_ in documents:
                    documents[id_] = change.of(documents[id_])
                case Amend():
                    pass
    return documents


def taken(commit: Commit, documents: dict[str, Document]) -> dict[str, Document]:
    """Return `documents` after a commit."""
    puts = {document.id: document for document in commit.puts}
    return {id_: document for id_, document in documents.items() if id_ not in commit.deletes} | puts
