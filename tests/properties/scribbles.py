"""A projection that does to documents whatever a projection may do, fed by streams that must not disturb each other."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar
from zlib import crc32

import msgspec

from processor.events import Recorded
from processor.models import Document, IndexKey, Keys
from processor.projection import Amend, Change, Delete, Put
from processor.streams import StreamId
from stock.identities import CHANNEL, SKU

INDEXES = ("all", "parity")
ALL = 0


class Scribbles(msgspec.Struct, array_like=True):
    """Per stream: how many events, and a sum that depends on their order."""

    counts: dict[str, int] = {}
    sums: dict[str, int] = {}


class ScribblesProjection:
    """One row per SKU, fed by the SKU and its channels; up to four documents per stream, written over and over."""

    name = "scribbles"
    schema = 1
    feeds: ClassVar[Mapping[str, str]] = {SKU: SKU, CHANNEL: SKU}
    indexes = INDEXES

    initial = staticmethod(Scribbles)
    encode = staticmethod(msgspec.json.Encoder(order="deterministic").encode)
    decode = staticmethod(msgspec.json.Decoder(Scribbles).decode)

    def apply(self, state: Scribbles, event: Recorded, fact: object) -> Sequence[Change]:
        source = f"{event.stream.category}/{event.stream.key}"
        state.counts[source] = event.version
        state.sums[source] = crc32(repr(fact).encode(), state.sums.get(source, 0))
        return _CHANGES[crc32(event.tx_id.encode()) % len(_CHANGES)](source, event.version)

    def keys(self, key: StreamId, state: Scribbles) -> Keys:
        return (IndexKey("rows", f"{sum(state.counts.values()):06d}|{key.key}"), None)

    def readable(self, state: Scribbles) -> bool:
        return len(state.counts) > 1

    def glimpse(self, state: Scribbles) -> int:
        return sum(state.counts.values())


def _id(source: str, version: int) -> str:
    return f"{source}.{version % 4}"


def _put(source: str, version: int) -> Put:
    keys = (IndexKey("all", f"{version:06d}"), IndexKey(f"parity {version % 2}", f"{version:06d}"))
    return Put(Document(_id(source, version), msgspec.json.encode({"by": version}), keys))


def _amend(source: str, version: int, leaves: tuple[int, ...] = ()) -> Amend:
    return Amend(_id(source, version), {"amended": version}, leaves)


_CHANGES: tuple[Callable[[str, int], Sequence[Change]], ...] = (
    lambda source, version: (_put(source, version),),
    lambda source, version: (_put(source, version), _amend(source, version)),
    lambda source, version: (_put(source, version), _amend(source, version + 1, (1,))),
    lambda source, version: (_amend(source, version + 1), _amend(source, version + 2, (0, 1))),
    lambda source, version: (_amend(source, version), _put(source, version)),
    lambda source, version: (Delete(_id(source, version + 1)), _amend(source, version + 1)),
    lambda source, version: (_put(source, version), Delete(_id(source, version))),
    lambda source, version: (Delete(_id(source, version)), _put(source, version)),
    lambda _source, _version: (),
)  # fmt: skip
