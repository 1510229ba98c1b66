"""The tables, from the one catalogue."""

from collections.abc import Iterator

from localstack.account import Account
from localstack.layout import TABLE
from processor.adapters.dynamodb.catalogue import create_table_arguments


class Tables:
    """All of the catalogue's tables. On an emulator they are there as soon as they are asked for."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self) -> None:
        """Create those that are missing."""
        client = self._account.dynamodb
        for arguments in create_table_arguments(self._account.prefix):
            try:
                client.create_table(**arguments)
            except client.exceptions.ResourceInUseException:
                continue
            client.get_waiter("table_exists").wait(TableName=arguments["TableName"], WaiterConfig={"Delay": 1})

    def flaws(self) -> Iterator[str]:
        """Yield a sentence for each that is missing or has no stream."""
        client = self._account.dynamodb
        for arguments in create_table_arguments(self._account.prefix):
            name = arguments["TableName"]
            try:
                found = client.describe_table(TableName=name)["Table"]
            except client.exceptions.ResourceNotFoundException:
                yield f"table {name} does not exist"
                continue
            if "StreamSpecification" in arguments and not found.get("LatestStreamArn"):
                yield f"table {name} has no stream"

    def delete(self) -> None:
        """Delete those that are there, with all they hold."""
        client = self._account.dynamodb
        for arguments in create_table_arguments(self._account.prefix):
            try:
                client.delete_table(TableName=arguments["TableName"])
            except client.exceptions.ResourceNotFoundException:
                continue

    def stream_arn(self) -> str:
        """Return the name of the events' stream, as mappings want it."""
        table = self._account.dynamodb.describe_table(TableName=self._account.name(TABLE))["Table"]
        return table["LatestStreamArn"]
