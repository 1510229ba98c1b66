"""syncstate tables adopt: copies of DynamoDB's tables are made fit for use."""

import json
import shlex
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from syncstate.cli.options import AsJson
from syncstate.cli.progress import Progress
from syncstate.cli.tables import Prefix, Region, place_of

if TYPE_CHECKING:
    from processor.adapters.dynamodb.walks import Walks
    from processor.store import Store
    from syncstate.care.adopting import Adopted


@contextmanager
def walked(region: str | None, prefix: str | None, pace: float | None) -> "Iterator[tuple[Store, Walks]]":
    """Yield the store on these tables, even one that is half restored, and walks over them."""
    from processor.adapters.dynamodb import DynamoStore
    from processor.adapters.dynamodb.walks import Walks

    with (
        place_of(region, prefix) as place,
        closing(DynamoStore(place.client, place.prefix)) as store,
        closing(Walks(place.client, place.prefix, pace=pace)) as walks,
    ):
        yield store, walks


def adopt(  # noqa: PLR0913 - each is an option
    *,
    region: Region = None,
    prefix: Prefix = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without it you see what would be done.")] = False,
    remainder: Annotated[
        Path, typer.Option("--remainder", metavar="FILE", help="Where events after a hole are written before they go.")
    ] = Path("remainder.jsonl.gz"),
    pace: Annotated[float | None, typer.Option("--pace", min=1, help="Items a second at most.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make copies of the tables fit for use: what a point-in-time restore or an import from S3 brought back.

    A copy is no moment of the log: each stream is cut at its first hole (what comes after goes into a file), claims
    are made to agree with events, every listing is told anew, and the read models are folded anew. Until that is
    through, nothing else opens the store. For tables that nobody uses yet; without --yes nothing is changed.

    \b
    Examples:
      syncstate tables adopt --prefix restored-
      syncstate tables adopt --prefix restored- --yes
      syncstate tables adopt --prefix restored- --yes --remainder cut.jsonl.gz --json
    """  # noqa: D301 - as above
    from syncstate.care import adopting
    from syncstate.care.claims import Claims

    words = shlex.join(["syncstate", "tables", "adopt", *(("--prefix", prefix) if prefix else ()), "--yes"])
    errand = adopting.Errand(remainder, f"`{words}`")
    with walked(region, prefix, pace) as (store, walks):
        progress = Progress("adopting")
        if yes:
            done = adopting.adopt(store, walks, errand, progress)
        else:
            with closing(Claims()) as claims:
                done = adopting.Adopted(adopting.look(claims, walks, progress), None, 0, 0, 0)
        progress.end()
    if as_json:
        print(json.dumps({"done": yes, **msgspec.to_builtins(done)}))
    else:
        print("\n".join(_adopted(done, words if not yes else None)))
    raise typer.Exit(1 if done.plan.faults or done.waiting else 0)


def _adopted(done: "Adopted", again: str | None) -> Iterator[str]:
    plan = done.plan
    yield from plan.told
    yield f"{plan.events:,} events in {plan.streams:,} streams, newest {plan.newest or 'none yet'}"
    yield f"{plan.holes:,} streams have a hole, {plan.cut:,} events come after one"
    yield f"{plan.missing:,} events have no right claim, {plan.idle:,} claims have no event"
    if plan.faults:
        yield f"{plan.faults:,} faults are not mended by this: look at each"
    if again is not None:
        yield f"nothing was changed: `{again}` does it"
        return
    if done.remainder:
        yield f"what came after a hole was moved to {done.remainder}"
    yield f"{done.doubted:,} listings will be told their quantities anew, {done.numbered:,} of them numbered by the log"
    if done.waiting:
        yield f"{done.waiting:,} streams could not be folded to their end: see `syncstate quarantine list`"
    yield "the tables are fit for use"
