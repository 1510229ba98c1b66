"""One import, whatever the kind of file: read and check all of it, then send it, then account for every row."""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from ingest.imports.rows import BadRow, Findings, ImportFile, Row, Unreadable
from syncstate.cli.connection import connected
from syncstate.cli.failures import Failure
from syncstate.cli.printing import progress
from syncstate.cli.sending import Tally, send
from syncstate.settings import Settings

STDIN = Path("-")
_SHOWN = 20
_ADDED = ("line", "reason")


@dataclass(frozen=True)
class Request:
    """What was asked for. `rejected` is where wrong rows are written; `settings` say where the facts go.

    `advice` tells what to do where all was imported before.
    """

    path: Path
    settings: Settings
    dry_run: bool = False
    skip_invalid: bool = False
    rejected: Path | None = None
    as_json: bool = False
    advice: str = ""


def content_of(path: Path) -> bytes:
    """Return the bytes of the file, `-` of standard input. Raises Failure where it cannot be read."""
    try:
        return sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except OSError as error:
        raise Failure(f"{path}: {error.strerror or error}", 2) from error


def run(request: Request, file: ImportFile) -> None:
    """Import `file`, or only check it. Raises Failure where a row is wrong: then nothing was sent."""
    try:
        found = file.check()
    except Unreadable as error:
        raise Failure(f"{request.path}: {error}") from error
    if found.wrong and request.rejected is not None:
        _write(request.rejected, file)
    stops = found.wrong > 0 and not request.skip_invalid
    if request.dry_run or stops:
        advice = "correct them, or pass --skip-invalid to leave them out"
        sentence = f"{request.path}: wrong rows: {found.wrong:,}, so nothing was imported: {advice}"
        _end(request, found, None, sentence if stops and not request.dry_run else None)
        raise typer.Exit(1 if stops else 0)
    with connected(request.settings, begin=True) as api, progress("importing rows", found.good) as told:
        tally = send(api, _good(file), told)
    sentence = f"{tally.refused:,} rows were not taken: look at each, and state what is right by hand"
    _end(request, found, tally, sentence if tally.refused else None)


def _end(request: Request, found: Findings, tally: Tally | None, failure: str | None) -> None:
    """Account for every row. Raises Failure where there is a `failure`; in JSON it holds the account."""
    if failure is not None and request.as_json:
        raise Failure(failure, kind="rows", account=_summary(request, found, tally))
    _tell(request, found, tally)
    if failure is not None:
        raise Failure(failure)


def _good(file: ImportFile) -> Iterator[Row]:
    return (row for row in file.rows() if isinstance(row, Row))


def _write(rejected: Path, file: ImportFile) -> None:
    """Write the wrong rows down as they were, each with the reason, so that they alone can be corrected."""
    try:
        with rejected.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            kept = [place for place, name in enumerate(file.header) if name not in _ADDED]
            writer.writerow([*(file.header[place] for place in kept), *_ADDED])
            for row in file.rows():
                if isinstance(row, BadRow):
                    cells = [*row.cells, *[""] * len(file.header)]
                    writer.writerow([*(cells[place] for place in kept), row.line, row.reason])
    except OSError as error:
        raise Failure(f"{rejected}: {error.strerror or error}", 2) from error


def _tell(request: Request, found: Findings, tally: Tally | None) -> None:
    if request.as_json:
        print(json.dumps(_summary(request, found, tally)))
        return
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    for row in found.bad[:_SHOWN]:
        print(f"line {row.line}: {row.reason}", file=sys.stderr)
    if found.wrong > _SHOWN:
        print(f"... and {found.wrong - _SHOWN:,} more wrong rows; --json tells more of them", file=sys.stderr)
    for problem in tally.problems[:_SHOWN] if tally else ():
        print(f"line {problem.line}: {problem.fact.sku}: {problem.error}", file=sys.stderr)
    for line in _sentences(request, found, tally):
        print(line)


def _sentences(request: Request, found: Findings, tally: Tally | None) -> Iterator[str]:
    rows = found.good + found.wrong
    blank = f", and {found.blank:,} blank" if found.blank else ""
    if tally is None:
        good = f"{found.good:,} good ({found.facts:,} facts)"
        yield f"{request.path}: {rows:,} rows{blank}: {good}, {found.wrong:,} wrong"
        yield "nothing was sent"
        return
    parts = [f"{tally.imported:,} imported", f"{tally.known:,} known already"]
    parts += [f"{tally.refused:,} not taken"] if tally.refused else []
    parts += [f"{found.wrong:,} wrong and left out"] if found.wrong else []
    yield f"{request.path}: {rows:,} rows{blank}: {', '.join(parts)}"
    if tally.known and not tally.imported:
        yield f"nothing is new: all of it was imported before{request.advice}"


def _summary(request: Request, found: Findings, tally: Tally | None) -> dict[str, Any]:
    """Return the account for programs: `rows` is the sum of all that follow it but `blank`."""
    sent = tally or Tally()
    rows = {"rows": found.good + found.wrong, "imported": sent.imported, "known": sent.known, "refused": sent.refused}
    unsent = found.good - sent.rows
    return {
        "ok": not (found.wrong and not request.skip_invalid),
        "file": str(request.path),
        "dryRun": request.dry_run,
        **rows,
        "wrong": found.wrong,
        "notSent": unsent,
        "blank": found.blank,
        "facts": dict(sent.facts),
        "wrongRows": [{"line": row.line, "error": row.reason} for row in found.bad],
        "refusedFacts": [problem.told for problem in sent.problems],
        "notes": list(found.notes),
    }
