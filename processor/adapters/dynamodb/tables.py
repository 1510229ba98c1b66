"""Making the tables: those that are missing, and what keeps them from being lost."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from botocore.exceptions import ClientError

from processor.adapters.dynamodb.advice import is_unknown_here
from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX, TABLES, create_table_arguments
from processor.adapters.dynamodb.inspecting import differences, inspect
from processor.adapters.dynamodb.retries import Patience, Retries
from processor.errors import StoreUnavailable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Done = Literal["created", "there already", "switched on", "on already", "not known here"]
SECONDS_TO_WAIT, POLL_SECONDS = 120, 0.5


class Step(NamedTuple):
    """One thing that was made sure of: which table, what of it, and what had to be done."""

    table: str
    what: Literal["table", "point-in-time recovery", "deletion protection"]
    done: Done


def create(client: "DynamoDBClient", prefix: str = DEFAULT_PREFIX) -> list[Step]:
    """Create the tables that are missing and wait until they can be used. Others are left as they are.

    Point-in-time recovery and deletion protection are `protect`'s. Raises StoreUnavailable.
    """
    wanted = list(create_table_arguments(prefix))
    retries = Retries(Patience())
    steps = []
    for arguments in wanted:
        created = retries(f"create table {arguments['TableName']}", partial(_create, client, arguments))
        steps.append(Step(arguments["TableName"], "table", "created" if created else "there already"))
    for arguments in wanted:
        _wait(retries, client, arguments["TableName"])
    return steps


def _create(client: "DynamoDBClient", arguments: dict[str, Any]) -> bool:
    try:
        client.create_table(**arguments)
    except client.exceptions.ResourceInUseException:
        return False
    return True


def _wait(retries: Retries, client: "DynamoDBClient", name: str) -> None:
    """Wait until a table can be used. One that is being deleted never can: that is told at once."""
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while (status := retries(f"see table {name}", partial(_status, client, name))) not in {"ACTIVE", "UPDATING"}:
        if status == "DELETING":
            raise StoreUnavailable(f"create table {name}", "it is being deleted: wait until it is gone, then try again")
        if time.monotonic() > deadline:
            reason = f"it is {status} after {SECONDS_TO_WAIT} s: `syncstate tables verify` tells its state"
            raise StoreUnavailable(f"create table {name}", reason)
        time.sleep(POLL_SECONDS)


def _status(client: "DynamoDBClient", name: str) -> str:
    """Return a table's state; one that was created a moment ago may not be seen yet."""
    try:
        return client.describe_table(TableName=name)["Table"]["TableStatus"]
    except client.exceptions.ResourceNotFoundException:
        return "CREATING"


def protect(client: "DynamoDBClient", prefix: str = DEFAULT_PREFIX) -> Iterator[Step]:
    """Switch on what keeps the restorable tables from being lost; yield each step once it is done.

    What the endpoint does not know is told as such. Raises StoreUnavailable.
    """
    for table in TABLES:
        if table.restorable:
            name = prefix + table.name
            yield Step(name, "point-in-time recovery", _done(name, partial(_recoverable, client, name)))
            yield Step(name, "deletion protection", _done(name, partial(_protected, client, name)))


def _done(name: str, step: Callable[[], Done]) -> Done:
    def known() -> Done:
        try:
            return step()
        except ClientError as error:
            if is_unknown_here(error):
                return "not known here"
            raise

    return Retries(Patience())(f"protect table {name}", known)


def _recoverable(client: "DynamoDBClient", name: str) -> Done:
    described = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    if described.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED":
        return "on already"
    client.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    return "switched on"


def _protected(client: "DynamoDBClient", name: str) -> Done:
    if client.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"):
        return "on already"
    client.update_table(TableName=name, DeletionProtectionEnabled=True)
    return "switched on"


def verify(client: "DynamoDBClient", prefix: str = DEFAULT_PREFIX) -> list[str]:
    """Return a sentence for each difference in shape between the tables and the catalogue: none where all is well.

    What keeps tables from being lost is not looked at: `inspecting.inspect` tells all. Raises StoreUnavailable.
    """
    return [difference for report in inspect(client, prefix, shape_only=True) for difference in differences(report)]
