"""What a projection is: a pure fold of streams into a row, and the documents it writes beside it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from processor.events import Recorded
from processor.models import Document, Keys
from processor.streams import StreamId

MAX_CHANGES_PER_EVENT = 20

State = TypeVar("State")


class Put(msgspec.Struct, frozen=True, gc=False):
    """Write this document, whether or not it existed."""

    document: Document


class Amend(msgspec.Struct, frozen=True, gc=False):
    """Set fields of document `id`, whose body is a JSON object, and take it out of the indexes numbered in `leaves`.

    Where there is no such document, nothing happens.
    """

    id: str
    fields: Mapping[str, object]
    leaves: tuple[int, ...] = ()

    def of(self, document: Document) -> Document:
        """Return `document` as amended."""
        body = msgspec.json.decode(document.body) | dict(self.fields)
        keys = tuple(None if place in self.leaves else key for place, key in enumerate(document.keys))
        return Document(document.id, msgspec.json.encode(body), keys)


class Delete(msgspec.Struct, frozen=True, gc=False):
    """Remove document `id` if it exists."""

    id: str


Change = Put | Amend | Delete

Codec = Callable[[Recorded], object]
"""Reads the fact in an event, lifted to its newest schema. Raises TooNew; anything else it raises is poison."""


class Projection(Protocol[State]):
    """A fold over the streams of some categories, one row per primary stream.

    Pure: no clock, randomness, settings or I/O, so that a rebuilt model equals a live one. Where several streams feed
    one row, their parts must be kept apart so that their interleaving cannot matter. `schema` changes whenever the
    fold, the state or a document does: a generation is of one schema.
    """

    @property
    def name(self) -> str:
        """The projection's name, `[a-z]{1,20}`."""
        ...

    @property
    def schema(self) -> int:
        """The number of this fold, from 1."""
        ...

    @property
    def feeds(self) -> Mapping[str, str]:
        """Which row a stream feeds, by category: see `streams.fed_row`."""
        ...

    @property
    def indexes(self) -> Sequence[str]:
        """The names of its indexes, at most `models.MAX_INDEXES`; their order is that of a document's `keys`."""
        ...

    def initial(self) -> State:
        """Return the state before any event: an accumulator of the caller's own."""
        ...

    def decode(self, state: bytes) -> State:
        """Read what `encode` wrote, as a new accumulator."""
        ...

    def encode(self, state: State) -> bytes:
        """Write the state: equal states give equal bytes."""
        ...

    def apply(self, state: State, event: Recorded, fact: object) -> Sequence[Change]:
        """Change `state` in place by one event and return its changes to documents, at most MAX_CHANGES_PER_EVENT.

        Facts it does not know are passed over with no change. Raising means poison; `state` may then be half changed.
        """
        ...

    def keys(self, key: StreamId, state: State) -> Keys:
        """Return where the row itself stands in the indexes."""
        ...

    def readable(self, state: State) -> bool:
        """Tell whether readers look at the row itself; if not, it may be stored some events later.

        Once true for a state, true for every state that follows from it.
        """
        ...

    def glimpse(self, state: State) -> object:
        """Return an immutable view of the state, for an answer that must hold the numbers right after one event."""
        ...
