"""Making the tables and looking whether they are what the adapter needs."""

from functools import partial
from typing import TYPE_CHECKING, Any

from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX, create_table_arguments
from processor.adapters.dynamodb.retries import Patience, Retries

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


def create(client: "DynamoDBClient", prefix: str = DEFAULT_PREFIX) -> None:
    """Create the tables that are missing and wait until they can be used. Others are left as they are.

    Point-in-time recovery is left to the deployment: emulators do not know it.
    """
    wanted = list(create_table_arguments(prefix))
    retries = Retries(Patience())
    for arguments in wanted:
        retries(f"create table {arguments['TableName']}", partial(_create, client, arguments))
    for arguments in wanted:
        retries(f"see table {arguments['TableName']}", partial(_wait, client, arguments["TableName"]))


def _create(client: "DynamoDBClient", arguments: dict[str, Any]) -> None:
    try:
        client.create_table(**arguments)
    except client.exceptions.ResourceInUseException:
        return


def _wait(client: "DynamoDBClient", name: str) -> None:
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})


def verify(client: "DynamoDBClient", prefix: str = DEFAULT_PREFIX) -> list[str]:
    """Return a sentence for each difference between the tables and the catalogue: none where all is well."""
    retries = Retries(Patience())
    flaws = []
    for wanted in create_table_arguments(prefix):
        name = wanted["TableName"]
        found = retries(f"describe table {name}", partial(_describe, client, name))
        flaws += _flaws(wanted, found) if found else [f"table {name} does not exist"]
    return flaws


def _describe(client: "DynamoDBClient", name: str) -> dict[str, Any] | None:
    try:
        return dict(client.describe_table(TableName=name)["Table"])
    except client.exceptions.ResourceNotFoundException:
        return None


def _flaws(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    name, flaws = wanted["TableName"], []
    if found["KeySchema"] != wanted["KeySchema"]:
        flaws.append(f"table {name} has other keys than pk and sk")
    if "StreamSpecification" in wanted and found.get("StreamSpecification") != wanted["StreamSpecification"]:
        flaws.append(f"table {name} has no stream of new images")
    present = {index["IndexName"]: index for index in found.get("GlobalSecondaryIndexes", ())}
    for index in wanted.get("GlobalSecondaryIndexes", ()):
        there = present.get(index["IndexName"])
        if there is None:
            flaws.append(f"table {name} has no index {index['IndexName']}")
        elif any(there[aspect] != index[aspect] for aspect in ("KeySchema", "Projection")):
            flaws.append(f"index {index['IndexName']} of table {name} has other keys or another projection")
    return flaws
