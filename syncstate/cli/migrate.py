"""syncstate migrate: carry over what the older service kept in its store.json."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from ingest.imports.rows import Unreadable
from ingest.imports.store_json import Plan, StoreFile
from syncstate.cli.connection import connected
from syncstate.cli.failures import Failure
from syncstate.cli.importing import content_of
from syncstate.cli.imports import DryRun, SkipInvalid
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.printing import progress
from syncstate.cli.sending import Tally, send

_SHOWN = 20


def migrate(  # noqa: PLR0913 - each is an option
    file: Annotated[Path, typer.Argument(metavar="STORE.json", help="The older service's data/store.json.")],
    *,
    data: Data = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without it you see what would be done.")] = False,
    dry_run: DryRun = False,
    skip_invalid: SkipInvalid = False,
    as_json: AsJson = False,
) -> None:
    """Carry over the older service's store.json: stock, buffers and returns.

    Shows what it would do first, and accounts for every entry: carried, or left behind with the reason. Stop the older
    service before, so that its numbers stand still. The same file counts once, however often it is carried over.

    \b
    Examples:
      syncstate migrate data/store.json
      syncstate migrate data/store.json --yes
      syncstate import store-json data/store.json --dry-run --json
    """  # noqa: D301
    try:
        plan = StoreFile(content_of(file)).plan()
    except Unreadable as error:
        raise Failure(f"{file}: {error}") from error
    settings = settings_with(data=data)
    wrong = sum(left.wrong for left in plan.left)
    blocked = bool(wrong) and not skip_invalid
    if dry_run or not as_json:
        _tell_plan(plan, as_json=as_json)
    if dry_run:
        raise typer.Exit(1 if wrong else 0)
    if blocked:
        advice = "correct them, or pass --skip-invalid to leave them behind"
        sentence = f"{file}: {wrong:,} entries cannot be read, so nothing was carried over: {advice}"
        raise Failure(sentence, kind="entries", account=_account(plan, None))
    asks = sys.stdin.isatty() and not as_json
    if not yes and not (asks and typer.confirm(f"Carry this over into {settings.data}?")):
        raise Failure("nothing was carried over: pass --yes to do it", 2, account=_account(plan, None))
    with connected(settings, begin=True) as api, progress("carrying over", len(plan.rows)) as told:
        tally = send(api, plan.rows, told)
    if not tally.refused or not as_json:
        _tell_outcome(plan, tally, as_json=as_json)
    if tally.refused:
        sentence = f"{sum(tally.facts.values()) - _good(tally):,} facts were not taken: look at each"
        raise Failure(sentence, kind="entries", account=_account(plan, tally))


def _good(tally: Tally) -> int:
    return tally.facts["recorded"] + tally.facts["duplicate"]


def _tell_plan(plan: Plan, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_account(plan, None)))
        return
    for line in _lines(plan):
        print(line)


def _lines(plan: Plan) -> Iterator[str]:
    facts = sum(len(row.facts) for row in plan.rows)
    for section, count in plan.carried.items():
        yield f"{section}: {count:,} carried over"
    yield f"broadcast: {plan.derived:,} derived anew from physical less buffer, {len(plan.differing):,} differ"
    yield from _some(plan.differing)
    for section, (count, reason) in plan.set_aside.items():
        yield f"{section}: {count:,} left behind: {reason}"
    told = [f"{left.section} {left.entry!r}: {left.reason}" for left in plan.left]
    if told:
        yield f"entries left behind one by one: {len(told):,}"
        yield from _some(told)
    yield f"in all: {facts:,} facts"


def _some(lines: tuple[str, ...] | list[str]) -> Iterator[str]:
    yield from (f"  {line}" for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"  ... and {len(lines) - _SHOWN:,} more; --json names them all"


def _tell_outcome(plan: Plan, tally: Tally, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_account(plan, tally)))
        return
    print(f"done: {tally.facts['recorded']:,} facts recorded, {tally.facts['duplicate']:,} known already")
    for problem in tally.problems[:_SHOWN]:
        print(f"{problem.fact.sku}: {problem.fact.type}: {problem.error}", file=sys.stderr)


def _account(plan: Plan, tally: Tally | None) -> dict[str, Any]:
    """Return the account for programs: what becomes of every entry, and of every fact that was sent."""
    return {
        "ok": not any(left.wrong for left in plan.left) if tally is None else not tally.refused,
        "dryRun": tally is None,
        "carried": dict(plan.carried),
        "derived": plan.derived,
        "differing": list(plan.differing),
        "leftBehind": {name: {"entries": count, "reason": why} for name, (count, why) in plan.set_aside.items()},
        "left": [
            {"section": left.section, "entry": left.entry, "reason": left.reason, "wrong": left.wrong}
            for left in plan.left
        ],
        "facts": dict(tally.facts) if tally else {"planned": sum(len(row.facts) for row in plan.rows)},
        "refusedFacts": [problem.told for problem in tally.problems] if tally else [],
    }
