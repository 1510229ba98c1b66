"""Reading a store through: whether the log is sound, and every read model the fold of it."""

from collections.abc import Iterator
from typing import NamedTuple

from processor.adapters.sql.errors import StoreDamaged
from processor.adapters.sql.snapshot import SqlSnapshot
from syncstate.care.folds import live_models, model_faults, outdated
from syncstate.care.marks import RestoreHalfDone, mark_of
from syncstate.care.tally import Tally, Watch, nobody
from syncstate.care.truth import log_faults
from syncstate.care.view import View


class Finding(NamedTuple):
    """One thing that was found. `projection` names the read model that is wrong, None where it is the truth itself."""

    sentence: str
    projection: str | None = None


def truth(snapshot: SqlSnapshot, tally: Tally, watch: Watch = nobody) -> Iterator[Finding]:
    """Yield what is wrong with the tables and the log, as it is found. Memory stays flat."""
    yield from _until_unreadable(snapshot, map(Finding, snapshot.faults()))
    yield from _until_unreadable(snapshot, map(Finding, log_faults(snapshot, tally, watch)))


def models(snapshot: View, tally: Tally, watch: Watch = nobody) -> Iterator[Finding]:
    """Yield each row and document of a live model that is not the fold of the log."""
    found = model_faults(snapshot, tally, watch)
    yield from _until_unreadable(snapshot, (Finding(sentence, projection) for projection, sentence in found))


def _until_unreadable(snapshot: View, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield the findings; where the database cannot be read on, that is the last one."""
    try:
        with snapshot.reading():
            yield from findings
    except StoreDamaged as error:
        yield Finding(f"it cannot be read on: {error.reason}")


def notes(snapshot: View) -> Iterator[str]:
    """Yield what is no damage and yet worth knowing: models of another release, streams that wait to be folded."""
    with snapshot.reading():
        mark = mark_of(snapshot.registers)
        if mark is not None and mark.state == "under way":
            yield str(RestoreHalfDone(mark))
        for name in outdated(snapshot.registers):
            yield f"{name} was folded by another release and was not compared: `syncstate upgrade` rebuilds it"
        for model, projection in live_models(snapshot.registers).items():
            waiting = sum(1 for _ in snapshot.models.lagging(model, projection.feeds))
            if waiting:
                yield f"{waiting} streams wait to be folded into {model.projection}: a running server does that"
            held = sum(1 for _ in snapshot.models.held(model))
            if held:
                yield f"{held} streams are quarantined in {model.projection}: see `syncstate quarantine list`"
