"""A unit's writes and their traces."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from processor.store import Store
from processor.streams import StreamId
from tests.contracts.commits import take
from tests.factories import a_commit, a_document, a_model, a_row, an_append, an_event

ALL, NONE = [True] * 5, [False] * 5
"""What `traces` answers where a write stands, and where it left none."""


class Undone(Exception):
    """What a unit is left by."""


@contextmanager
def failing_unit(store: Store) -> Iterator[None]:
    """A unit that is left by an exception when its block is done."""
    with ExitStack() as raising:
        raising.enter_context(pytest.raises(Undone))
        raising.enter_context(store.unit())
        yield
        raise Undone


def write(store: Store, stream: StreamId) -> None:
    """One write to each port, all told by the stream's name."""
    store.log.append([an_append(stream, an_event(tx=f"of {stream.key}"))])
    take(store, a_commit(stream, a_row(b"s", {stream: 1}), a_document(stream.key)))
    assert store.registers.write(stream.key, b"v", 0)


def traces(store: Store, stream: StreamId) -> list[bool]:
    """Which of them stand: event, claim, row, document, register."""
    return [
        bool(list(store.log.read(stream))),
        bool(store.log.find([(stream, f"of {stream.key}")])),
        bool(store.models.load(a_model(), [stream])),
        bool(store.models.get(a_model(), stream.tenant, [stream.key])),
        store.registers.read(stream.key) is not None,
    ]
