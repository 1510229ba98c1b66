"""Whether the read models are what they promise: at version v, the fold of events 1 to v."""

from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from typing import Any

import msgspec

from processor.events import Recorded
from processor.generations import Pointer
from processor.models import Document, Keys, Model, Row
from processor.projection import Projection
from processor.registers import Registers
from processor.streams import StreamId, fed_row
from projections import PROJECTIONS
from stock.codec import decode
from syncstate.care.spill import Spill
from syncstate.care.tally import Tally, Watch
from syncstate.care.view import View

_OFTEN = 1000
_SHOWN = 300


def pointer_of(registers: Registers, projection: str) -> Pointer | None:
    """Return which generation of a projection is read; None where none has begun. Nothing is written."""
    register = registers.read(f"generation/{projection}")
    return None if register is None else msgspec.json.decode(register.value, type=Pointer)


def live_models(registers: Registers) -> dict[Model, Projection[Any]]:
    """Return the live models that this release folds."""
    pointers = ((projection, pointer_of(registers, projection.name)) for projection in PROJECTIONS)
    return {
        Model(projection.name, pointer.live): projection
        for projection, pointer in pointers
        if pointer is not None and pointer.schema == projection.schema
    }


def outdated(registers: Registers) -> list[str]:
    """Name the projections whose live model another release folded."""
    pointers = ((projection, pointer_of(registers, projection.name)) for projection in PROJECTIONS)
    return [p.name for p, pointer in pointers if pointer is not None and pointer.schema != p.schema]


def model_faults(snapshot: View, tally: Tally, watch: Watch) -> Iterator[tuple[str, str]]:
    """Yield (projection, sentence) for each row and document that is not the fold of the log; count into `tally`."""
    live, spill = live_models(snapshot.registers), Spill()
    try:
        ours = (found for found in snapshot.rows() if found[0] in live)
        for key, group in groupby(ours, key=lambda found: found[1]):
            folds = [_Fold(live[model], model, key, row) for model, _, row in group]
            yield from _fold(snapshot, folds, spill)
            for fold in folds:
                tally.rows += 1
                yield from ((fold.model.projection, fault) for fault in fold.differences())
                if tally.rows % _OFTEN == 0:
                    watch("rows", tally.rows)
        watch("rows", tally.rows)
        yield from _document_faults(snapshot, list(live), spill, tally)
        watch("documents", tally.documents)
    finally:
        spill.close()


class _Fold:
    """One stored row and what the log makes of it."""

    def __init__(self, projection: Projection[Any], model: Model, key: StreamId, row: Row) -> None:
        self.projection, self.model, self.key, self.row = projection, model, key, row
        self.state, self.sound = projection.initial(), True

    def apply(self, event: Recorded, fact: object, spill: Spill) -> None:
        """Fold one event; its changes to documents go to `spill`."""
        for change in self.projection.apply(self.state, event, fact):
            spill.take(self.model, self.key.tenant, change)

    def fault(self, sentence: str) -> tuple[str, str]:
        """Return a fault that makes any further comparison idle."""
        self.sound = False
        return self.model.projection, f"{self.model} {self.key}: {sentence}"

    def differences(self) -> Iterator[str]:
        """Yield how the stored row differs from the fold."""
        if not self.sound:
            return
        folded = self.projection.encode(self.state)
        if folded != (self.row.state or folded):
            yield f"{self.model} {self.key}: the row holds {_text(self.row.state)}, its events make {_text(folded)}"
        if not _same(self.row.keys, self.projection.keys(self.key, self.state) if self.projection.indexes else ()):
            yield f"{self.model} {self.key}: the row stands elsewhere in an index than its events put it"


def _fold(snapshot: View, folds: Sequence[_Fold], spill: Spill) -> Iterator[tuple[str, str]]:
    """Fold the streams of rows of one key, each stream read once."""
    for stream in sorted({stream for fold in folds for stream in fold.row.positions}):
        at = {fold: fold.row.positions.get(stream, 0) for fold in folds}
        for fold in folds:
            if at[fold] and fed_row(fold.projection.feeds, stream) != fold.key:
                yield fold.fault(f"{stream} was folded into it, which feeds another row")
        reached = 0
        for event in snapshot.log.read(stream, limit=max(at.values())):
            if event.version != reached + 1:
                break
            yield from _fold_one(event, [fold for fold in folds if fold.sound and at[fold] >= event.version], spill)
            reached = event.version
        for fold in folds:
            if fold.sound and at[fold] > reached:
                yield fold.fault(f"it stands at event {at[fold]} of {stream}, of which {reached} can be read")


def _fold_one(event: Recorded, folds: Sequence[_Fold], spill: Spill) -> Iterator[tuple[str, str]]:
    try:
        fact = decode(event)
        for fold in folds:
            fold.apply(event, fact, spill)
    except Exception as error:  # noqa: BLE001 - a damaged event may break its reader or a fold in any way
        for fold in folds:
            yield fold.fault(f"it has passed event {event.version} of {event.stream}, which cannot be folded: {error}")


def _document_faults(snapshot: View, live: Sequence[Model], spill: Spill, tally: Tally) -> Iterator[tuple[str, str]]:
    for model in live:
        for (tenant, id_), found, folded in _merged(snapshot.documents(model), spill.all(model)):
            tally.documents += found is not None
            fault = _document_fault(found, folded)
            if fault:
                yield model.projection, f"{model} document {id_} of {tenant} {fault}"


def _merged(
    one: Iterator[tuple[str, Document]], other: Iterator[tuple[str, Document]]
) -> Iterator[tuple[tuple[str, str], Document | None, Document | None]]:
    """Pair what two walks, both by tenant and id, hold under one id."""
    a, b = next(one, None), next(other, None)
    while a is not None or b is not None:
        places = [(found[0], found[1].id) for found in (a, b) if found is not None]
        place = min(places)
        left = a[1] if a is not None and (a[0], a[1].id) == place else None
        right = b[1] if b is not None and (b[0], b[1].id) == place else None
        yield place, left, right
        a = next(one, None) if left is not None else a
        b = next(other, None) if right is not None else b


def _document_fault(found: Document | None, folded: Document | None) -> str | None:
    if found is None:
        return "is missing"
    if folded is None:
        return "is in no event"
    if found.body != folded.body:
        return f"holds {_text(found.body)}, its events make {_text(folded.body)}"
    return None if _same(found.keys, folded.keys) else "stands elsewhere in an index than its events put it"


def _same(one: Keys, other: Keys) -> bool:
    return all(a == b for a, b in zip_longest(one, other))


def _text(body: bytes) -> str:
    text = body.decode(errors="backslashreplace")
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
