"""Looking at the tables: what each is, and where it differs from the catalogue."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec
from botocore.exceptions import ClientError

from processor.adapters.dynamodb.advice import grant, is_denied, is_unknown_here
from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX, TABLES, Table, create_table_arguments
from processor.adapters.dynamodb.retries import Patience, Retries

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Verdict = Literal["ok", "differs", "unknown", "denied"]
"""`unknown`: this endpoint does not know the question, as emulators do not. `denied`: a permission is missing."""


class Aspect(NamedTuple):
    """One thing that was looked at: how it is, in a sentence, and what to do where it is not well."""

    name: str
    verdict: Verdict
    said: str
    advice: str = ""


class Report(msgspec.Struct, frozen=True):
    """One table. `items` and `bytes` are DynamoDB's own count, hours old; None where the table is not there."""

    table: str
    aspects: tuple[Aspect, ...]
    items: int | None = None
    bytes: int | None = None
    replicas: tuple[str, ...] = ()


_REPLICATING = ("ACTIVE", "CREATING", "UPDATING")

_Ask = Callable[[str, Callable[[], Aspect]], Aspect]


def differences(report: Report) -> Iterator[str]:
    """Yield what differs, in a sentence each."""
    return (aspect.said for aspect in report.aspects if aspect.verdict == "differs")


def inspect(client: "DynamoDBClient", prefix: str = DEFAULT_PREFIX, *, shape_only: bool = False) -> Iterator[Report]:
    """Yield a report on each table of the catalogue. Raises StoreUnavailable where nothing can be asked."""
    for table, wanted in zip(TABLES, create_table_arguments(prefix), strict=True):
        name = wanted["TableName"]
        retries = Retries(Patience())
        try:
            found = retries(f"describe table {name}", partial(_describe, client, name))
        except _DeniedError as error:
            yield Report(name, (Aspect("table", "denied", f"table {name} may not be looked at", error.advice),))
            continue
        if found is None:
            advice = "`syncstate tables create` makes it; look at the region and the prefix too"
            yield Report(name, (Aspect("table", "differs", f"table {name} does not exist", advice),))
            continue
        aspects = [*_shape(wanted, found)]
        if not shape_only:
            aspects += _keeping(client, table, name, found, retries)
        aspects += _replicas(name, found)
        replicas = (f"{each['RegionName']} ({each.get('ReplicaStatus', '?')})" for each in found.get("Replicas", ()))
        yield Report(name, tuple(aspects), found.get("ItemCount"), found.get("TableSizeBytes"), tuple(replicas))


class _DeniedError(Exception):
    def __init__(self, advice: str) -> None:
        super().__init__(advice)
        self.advice = advice


def _describe(client: "DynamoDBClient", name: str) -> dict[str, Any] | None:
    try:
        return dict(client.describe_table(TableName=name)["Table"])
    except client.exceptions.ResourceNotFoundException:
        return None
    except ClientError as error:
        if is_denied(error):
            raise _DeniedError(grant(error, f"arn:aws:dynamodb:{client.meta.region_name}:*:table/{name}")) from error
        raise


def _shape(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Aspect]:
    """Yield how a table is built: what the adapter's requests rely on."""
    name = wanted["TableName"]
    status = found.get("TableStatus", "ACTIVE")
    ready = status in {"ACTIVE", "UPDATING"}
    advice = "" if ready else "wait, and look again" if status in {"CREATING", "DELETING"} else "see the AWS console"
    yield _judged("status", f"table {name} is {status}", f"table {name} is {status}", ready, advice)
    again = "such a table cannot be changed: restore into new ones under another prefix"
    keys = found["KeySchema"] == wanted["KeySchema"] and _types(wanted, found)
    yield _judged("keys", "keys pk and sk", f"table {name} has other keys than pk and sk", keys, again)
    if "StreamSpecification" in wanted:
        streams = found.get("StreamSpecification") == wanted["StreamSpecification"]
        yield _judged(
            "stream",
            "sends new images",
            f"table {name} has no stream of new images",
            streams,
            f"aws dynamodb update-table --table-name {name}"
            " --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE",
        )
    yield from _indexes(wanted, found)
    mode = found.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    yield _judged(
        "billing",
        "on demand",
        f"table {name} has provisioned capacity, and is throttled beyond it",
        mode == wanted["BillingMode"],
        f"aws dynamodb update-table --table-name {name} --billing-mode PAY_PER_REQUEST",
    )


def _replicas(name: str, found: Mapping[str, Any]) -> Iterator[Aspect]:
    """Yield each replica; nothing where there are none, which is as the catalogue has it."""
    for each in found.get("Replicas", ()):
        region, status = each["RegionName"], each.get("ReplicaStatus", "ACTIVE")
        said, advice = f"the replica of {name} in {region} is {status}", "see the AWS console: copies there fall behind"
        yield _judged(f"replica {region}", status, said, status in _REPLICATING, advice)


def _types(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    there = {each["AttributeName"]: each["AttributeType"] for each in found.get("AttributeDefinitions", ())}
    keys = {part["AttributeName"] for part in wanted["KeySchema"]}
    return all(
        there.get(each["AttributeName"]) == each["AttributeType"]
        for each in wanted["AttributeDefinitions"]
        if each["AttributeName"] in keys
    )


def _indexes(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Aspect]:
    name = wanted["TableName"]
    present = {index["IndexName"]: index for index in found.get("GlobalSecondaryIndexes", ())}
    for index in wanted.get("GlobalSecondaryIndexes", ()):
        label, there = f"index {index['IndexName']}", present.get(index["IndexName"])
        if there is None:
            advice = "add it as processor/adapters/dynamodb/catalogue.py has it, or restore into new tables"
            yield Aspect(label, "differs", f"table {name} has no {label}", advice)
        elif any(there[aspect] != index[aspect] for aspect in ("KeySchema", "Projection")):
            advice = "delete the index, then add it as processor/adapters/dynamodb/catalogue.py has it"
            yield Aspect(label, "differs", f"{label} of table {name} has other keys or another projection", advice)
        elif there.get("IndexStatus", "ACTIVE") not in {"ACTIVE", "UPDATING"}:
            said = f"{label} of table {name} is {there['IndexStatus']}"
            yield Aspect(label, "differs", said, "wait until it is ACTIVE: until then lists are not whole")
        else:
            yield Aspect(label, "ok", "as the catalogue has it")


def _keeping(
    client: "DynamoDBClient", table: Table, name: str, found: Mapping[str, Any], retries: Retries
) -> Iterator[Aspect]:
    """Yield what keeps a table's content from being lost."""
    arn = found.get("TableArn")

    def asked(what: str, question: Callable[[], Aspect]) -> Aspect:
        try:
            return retries(f"ask for {what} of {name}", partial(_answered, what, question, arn))
        except _DeniedError as error:
            return Aspect(what, "denied", f"{what} of {name} may not be looked at", error.advice)

    yield asked("time to live", partial(_lasting, client, name))
    if table.restorable:
        yield asked("point-in-time recovery", partial(_recovery, client, name))
        yield _protection(name, found)


def _answered(what: str, question: Callable[[], Aspect], arn: str | None) -> Aspect:
    try:
        return question()
    except ClientError as error:
        if is_unknown_here(error):
            return Aspect(what, "unknown", "not known here")
        if is_denied(error):
            raise _DeniedError(grant(error, arn)) from error
        raise


def _lasting(client: "DynamoDBClient", name: str) -> Aspect:
    described = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    lasts = described.get("TimeToLiveStatus", "DISABLED") in {"DISABLED", "DISABLING"}
    said = f"table {name} has a time to live, by which DynamoDB deletes items"
    advice = (
        f"at once: aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification"
        f" Enabled=false,AttributeName={described.get('AttributeName', '?')}"
    )
    return _judged("time to live", "none", said, lasts, advice)


def _recovery(client: "DynamoDBClient", name: str) -> Aspect:
    described = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = described.get("PointInTimeRecoveryDescription", {})
    earliest = recovery.get("EarliestRestorableDateTime")
    since = f", from {earliest:%Y-%m-%d %H:%M} on" if earliest else ""
    on = recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
    said = f"table {name} has no point-in-time recovery"
    return _judged("point-in-time recovery", f"on{since}", said, on, "`syncstate tables create` switches it on")


def _protection(name: str, found: Mapping[str, Any]) -> Aspect:
    if "DeletionProtectionEnabled" not in found:
        return Aspect("deletion protection", "unknown", "not known here")
    said, advice = f"table {name} can be deleted by one call", "`syncstate tables create` protects it"
    return _judged("deletion protection", "on", said, bool(found["DeletionProtectionEnabled"]), advice)


def _judged(name: str, well: str, differs: str, is_well: bool, advice: str) -> Aspect:  # noqa: FBT001 - the judgement
    return Aspect(name, "ok", well) if is_well else Aspect(name, "differs", differs, advice)
