"""Events to bytes and back. The envelope's `type` and `schema` choose the reader; data carries no tag of its own."""

from typing import get_args

import msgspec

from processor.errors import TooNew
from processor.events import Recorded
from processor.ops import OpsEvent
from stock.events import StockEvent
from stock.upcasters import UPCASTERS

Fact = StockEvent | OpsEvent

SCHEMAS: dict[str, int] = {"ReturnReceived": 2, "ReviewRequested": 2, "ChannelQuantityObserved": 2}
"""The newest schema number of each event type that is not at its first."""

_TYPES: dict[str, type[Fact]] = {cls.__name__: cls for cls in get_args(Fact)}
_READERS = {(name, SCHEMAS.get(name, 1)): msgspec.json.Decoder(cls).decode for name, cls in _TYPES.items()}


def schema_of(event_type: str) -> int:
    """Return the newest schema number of an event type."""
    return SCHEMAS.get(event_type, 1)


def decode(event: Recorded) -> Fact:
    """Return the fact in `event`, lifted to its newest schema.

    Raises TooNew for a type or a schema this release does not know, and whatever a broken upcaster or corrupt data
    raises (the runner treats that as poison).
    """
    reader = _READERS.get((event.type, event.schema))
    return reader(event.data) if reader is not None else _lift(event)


def _lift(event: Recorded) -> Fact:
    cls = _TYPES.get(event.type)
    if cls is None:
        raise TooNew(event.type, event.schema, None)
    newest = schema_of(event.type)
    if event.schema > newest:
        raise TooNew(event.type, event.schema, newest)
    fields = msgspec.json.decode(event.data)
    for schema in range(event.schema, newest):
        fields = UPCASTERS[event.type, schema](fields)
    return msgspec.convert(fields, cls)
