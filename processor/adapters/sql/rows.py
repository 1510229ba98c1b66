"""Rows as the database holds them, there and back."""

from collections.abc import Mapping

import msgspec

from processor.adapters.sql.places import NOWHERE, keys_of, places
from processor.adapters.sql.schema import model_of
from processor.adapters.sql.statements import FullRow, LightRow, StoredRow
from processor.models import Commit, Held, Row
from processor.streams import StreamId

marks = msgspec.json.Decoder(dict[str, Held]).decode
"""Reads `rows.held`: marks by the name of their stream."""

_positions = msgspec.json.Decoder(dict[str, int | None]).decode
_encode = msgspec.json.Encoder().encode


def light_row(id_: int, commit: Commit) -> LightRow:
    """Return what a light commit changes."""
    row = commit.row
    return (id_, row.revision, row.positions.get(commit.key), row.state)


def besides(commit: Commit) -> dict[StreamId, int | None]:
    """Return a row's positions but its own; None for a stream that is only held there."""
    positions: dict[StreamId, int | None] = {**dict.fromkeys(commit.row.held), **commit.row.positions}
    positions.pop(commit.key, None)
    return positions


def full_row(id_: int, commit: Commit) -> FullRow:
    """Return the row of `commit`."""
    key, row = commit.key, commit.row
    standing = places(model_of(id_), key.tenant, row.keys, key.key, key.category)
    held = _encode({str(stream): mark for stream, mark in row.held.items()}).decode() if row.held else None
    extras = int(held is not None or standing != NOWHERE or bool(besides(commit)))
    return (id_, row.revision, row.positions.get(key), extras, row.state, held, *standing)


def row_of(key: StreamId, stored: StoredRow) -> Row:
    """Return the row that the database holds under `key`."""
    _, extras, revision, version, state, held, *standing, others = stored
    if not extras:
        return Row(state, {} if version is None else {key: version}, revision)
    positions: Mapping[StreamId, int] = {} if version is None else {key: version}
    if others is not None:
        found = ((StreamId.parse(name), at) for name, at in _positions(others).items())
        positions = {**positions, **{stream: at for stream, at in found if at is not None}}
    stopped = {} if held is None else {StreamId.parse(name): mark for name, mark in marks(held).items()}
    return Row(state, positions, revision, stopped, keys_of(tuple(standing)))
