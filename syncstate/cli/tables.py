"""syncstate tables: DynamoDB's tables are made, and looked at."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec
import typer

from syncstate import logs
from syncstate.cli.failures import sentences
from syncstate.cli.options import AsJson, settings_with
from syncstate.stores import dynamodb_client

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

    from processor.adapters.dynamodb.inspecting import Report
    from processor.adapters.dynamodb.tables import Step

tables = typer.Typer(
    name="tables",
    help="Make DynamoDB's tables, and look whether they are as they must be.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Region = Annotated[
    str | None, typer.Option("--region", help="The region. [default: $AWS_DEFAULT_REGION, or the profile's]")
]
Prefix = Annotated[
    str | None,
    typer.Option(
        "--prefix", help="What the tables' names begin with. [default: $SYNCSTATE_DYNAMODB_PREFIX or syncstate-]"
    ),
]

_MARKS = {"ok": "ok  ", "unknown": "--  ", "differs": "FAIL", "denied": "FAIL"}


class Place(NamedTuple):
    """Where tables are: a client, what their names begin with, and the region."""

    client: "DynamoDBClient"
    prefix: str
    region: str


@contextmanager
def place_of(region: str | None, prefix: str | None) -> Iterator[Place]:
    """Yield where the tables are that the options and the settings name."""
    from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX

    settings = settings_with(store="dynamodb", dynamodb_prefix=prefix)
    logs.configure("warning", settings.log_format)
    with sentences(), closing(dynamodb_client(settings.dynamodb_endpoint, region)) as client:
        yield Place(client, settings.dynamodb_prefix or DEFAULT_PREFIX, client.meta.region_name)


@tables.command()
def create(
    region: Region = None,
    prefix: Prefix = None,
    protect: Annotated[  # noqa: FBT002 - typer's form of a flag
        bool, typer.Option("--protect/--no-protect", help="Switch recovery and deletion protection on.")
    ] = True,
    as_json: AsJson = False,  # noqa: FBT002 - as above
) -> None:
    """Create the tables that are missing; those that are there keep their shape and all they hold.

    Waits until each can be used. Events and registers are nowhere else: unless --no-protect says otherwise, their
    point-in-time recovery and deletion protection are switched on, where the endpoint knows these.

    \b
    Examples:
      syncstate tables create
      syncstate tables create --region eu-central-1 --prefix restored-
      SYNCSTATE_DYNAMODB_ENDPOINT=http://127.0.0.1:8000 syncstate tables create --no-protect
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    with place_of(region, prefix) as place:
        made: list[Step] = []
        for step in _steps(place, protect=protect):
            made.append(step)
            if not as_json:
                print(f"{step.table}: {step.what} {step.done}", flush=True)
    if as_json:
        print(json.dumps({"region": place.region, "prefix": place.prefix, "steps": [step._asdict() for step in made]}))


def _steps(place: Place, *, protect: bool) -> "Iterator[Step]":
    from processor.adapters.dynamodb import tables as making

    yield from making.create(place.client, place.prefix)
    if protect:
        yield from making.protect(place.client, place.prefix)


@tables.command()
def verify(region: Region = None, prefix: Prefix = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - as above
    """Look whether the tables are what they must be: keys, indexes, stream, billing, recovery, protection, no expiry.

    Changes nothing. What differs is told with what to do about it, a missing permission by its IAM action; the exit
    code is then 1. What the endpoint does not know, as emulators do not know everything, is told as not known here.

    \b
    Examples:
      syncstate tables verify
      syncstate tables verify --region eu-west-1
      syncstate tables verify --json | jq -r '.tables[].aspects[] | select(.verdict == "differs") | .said'
    """  # noqa: D301 - as above
    from processor.adapters.dynamodb.inspecting import inspect

    reports: list[Report] = []
    with place_of(region, prefix) as place:
        for report in inspect(place.client, place.prefix):
            reports.append(report)
            if not as_json:
                print("\n".join(_lines(report)), flush=True)
    wrong = sum(aspect.verdict in {"differs", "denied"} for report in reports for aspect in report.aspects)
    if as_json:
        told = [{**msgspec.to_builtins(report), "aspects": [a._asdict() for a in report.aspects]} for report in reports]
        print(json.dumps({"region": place.region, "prefix": place.prefix, "ok": not wrong, "tables": told}))
    else:
        print(f"{wrong} differences" if wrong else f"the tables {place.prefix}* in {place.region} are as they must be")
    raise typer.Exit(1 if wrong else 0)


def _lines(report: "Report") -> Iterator[str]:
    counted = "" if report.items is None else f": about {report.items:,} items, {report.bytes or 0:,} bytes, hours ago"
    replicas = f"; replicas {', '.join(report.replicas)}" if report.replicas else ""
    yield f"{report.table}{counted}{replicas}"
    for aspect in report.aspects:
        advice = f": {aspect.advice}" if aspect.advice else ""
        yield f"  {_MARKS[aspect.verdict]}  {aspect.name:<22}  {aspect.said}{advice}"
