"""syncstate verify: is everything in the store what it promises to be."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from syncstate import logs
from syncstate.care import verifying
from syncstate.care.archive import is_archive
from syncstate.care.places import NothingThere, snapshot_at, snapshot_of
from syncstate.care.tally import Tally, Watch
from syncstate.care.verifying import Finding
from syncstate.cli.failures import sentences
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.progress import Progress
from syncstate.settings import Settings

TOLD_AT_MOST = 1000
"""How many differences the JSON names; all are counted."""


class Look(NamedTuple):
    """One reading through: of what, what is found as it is found, and afterwards what is worth knowing."""

    place: str
    findings: Iterator[Finding]
    notes: Iterator[str]


def verify(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A backup; without it, the store.")] = None,
    data: Data = None,
    pace: Annotated[
        float | None, typer.Option("--pace", min=1, help="DynamoDB: items a second at most. [default: no limit]")
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's form of a flag
) -> None:
    """Read a store through: its file, its log, and every read model against the fold of the log.

    Works beside a running server, on a moment of the store, and on a backup. DynamoDB knows no moment: what seems
    wrong there is looked at again before it is told; claims are held against events too. Each difference is named;
    with any the exit code is 1.

    \b
    Examples:
      syncstate verify
      syncstate verify stock.backup
      syncstate verify --data data/demo --json
      SYNCSTATE_STORE=dynamodb syncstate verify --pace 2000
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    settings = settings_with(data=data)
    logs.configure("warning", settings.log_format)
    progress, tally, told, differences = Progress("verifying"), Tally(), list[dict[str, str | None]](), 0
    with sentences(), _look(file, settings, pace, tally, progress) as look:
        for finding in look.findings:
            differences += 1
            if not as_json:
                print(finding.sentence, flush=True)
            elif len(told) < TOLD_AT_MOST:
                told.append(finding._asdict())
        notes = [] if differences else list(look.notes)
        progress.end()
    if as_json:
        found = {"place": look.place, "differences": differences, "told": told, "notes": notes}
        print(json.dumps({**found, **_counted(tally)}))
    else:
        for note in notes:
            print(f"note: {note}")
        print(_verdict(look.place, tally, differences))
    raise typer.Exit(1 if differences else 0)


@contextmanager
def _look(file: Path | None, settings: Settings, pace: float | None, tally: Tally, watch: Watch) -> Iterator[Look]:
    if file is not None and file.is_file() and is_archive(file):
        yield _of_archive(file, tally, watch)
    elif file is None and settings.store == "dynamodb":
        with _of_tables(settings, pace, tally, watch) as look:
            yield look
    else:
        if file is not None and not file.exists():
            raise NothingThere(file)
        with closing(snapshot_of(settings) if file is None else snapshot_at(file)) as snapshot:
            found = chain(verifying.truth(snapshot, tally, watch), verifying.models(snapshot, tally, watch))
            yield Look(snapshot.place, found, verifying.notes(snapshot))


def _of_archive(file: Path, tally: Tally, watch: Watch) -> Look:
    from syncstate.care.verifying_archives import truth

    note = "an archive holds no read models: they are folded when it is restored"
    return Look(str(file), truth(file, tally, watch), iter([note]))


@contextmanager
def _of_tables(settings: Settings, pace: float | None, tally: Tally, watch: Watch) -> Iterator[Look]:
    from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX
    from processor.adapters.dynamodb.walks import Walks
    from syncstate.care import verifying_tables
    from syncstate.stores import dynamodb_client, open_unguarded

    with (
        closing(open_unguarded(settings)) as store,
        closing(dynamodb_client(settings.dynamodb_endpoint)) as client,
        closing(Walks(client, settings.dynamodb_prefix or DEFAULT_PREFIX, pace=pace)) as walks,
    ):
        truth = verifying_tables.truth(walks, tally, watch)
        models = verifying_tables.models(store, walks, tally, watch)
        yield Look("the dynamodb store", chain(truth, models), verifying_tables.notes(store))


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
    return f"{place} is sound: {read}; {models} equal the fold of them" if tally.rows else f"{place} is sound: {read}"
