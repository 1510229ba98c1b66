"""syncstate verify: is everything in the store what it promises to be."""

import json
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from processor.adapters.sql.snapshot import SqlSnapshot
from syncstate import logs
from syncstate.care import verifying
from syncstate.care.places import snapshot_at, snapshot_of
from syncstate.care.tally import Tally
from syncstate.cli.failures import sentences
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.progress import Progress
from syncstate.settings import Settings

TOLD_AT_MOST = 1000
"""How many differences the JSON names; all are counted."""


def verify(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A backup; without it, the store.")] = None,
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's form of a flag
) -> None:
    """Read a store through: its file, its log, and every read model against the fold of the log.

    Works beside a running server, on a moment of the store, and on a backup. Each difference is named; with any the
    exit code is 1.

    \b
    Examples:
      syncstate verify
      syncstate verify stock.backup
      syncstate verify --data data/demo --json
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    settings = settings_with(data=data)
    logs.configure("warning", settings.log_format)
    progress, tally, told, differences = Progress("verifying"), Tally(), list[dict[str, str | None]](), 0
    with sentences(), closing(_snapshot(file, settings)) as snapshot:
        for finding in chain(verifying.truth(snapshot, tally, progress), verifying.models(snapshot, tally, progress)):
            differences += 1
            if not as_json:
                print(finding.sentence)
            elif len(told) < TOLD_AT_MOST:
                told.append(finding._asdict())
        notes = [] if differences else list(verifying.notes(snapshot))
        progress.end()
    if as_json:
        found = {"place": snapshot.place, "differences": differences, "told": told, "notes": notes}
        print(json.dumps({**found, **_counted(tally)}))
    else:
        for note in notes:
            print(f"note: {note}")
        print(_verdict(snapshot.place, tally, differences))
    raise typer.Exit(1 if differences else 0)


def _snapshot(file: Path | None, settings: Settings) -> SqlSnapshot:
    return snapshot_of(settings) if file is None else snapshot_at(file)


def _counted(tally: Tally) -> dict[str, object]:
    return {
        "events": tally.events,
        "streams": tally.streams,
        "newest": tally.newest,
        "rows": tally.rows,
        "documents": tally.documents,
    }


def _verdict(place: str, tally: Tally, differences: int) -> str:
    read = f"{tally.events:,} events in {tally.streams:,} streams, newest {tally.newest or 'none yet'}"
    models = f"{tally.rows:,} rows and {tally.documents:,} documents of read models"
    if differences:
        return f"{place}: {differences:,} differences in {read}; {models}"
    return f"{place} is sound: {read}; {models} equal the fold of them"
