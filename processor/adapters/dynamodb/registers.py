"""Registers in one table: `Registers` as its port documents it.

A register's partition is its name up to the first `/`: a `scan` of a prefix that holds a `/` is one query, a shorter
prefix scans the table.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from processor.adapters.dynamodb.access import TableAccess
from processor.adapters.dynamodb.keys import Item, Key, key_item
from processor.registers import Register

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef


class DynamoRegisters:
    """Named values in the table `registers`."""

    def __init__(self, access: TableAccess) -> None:
        self._access = access

    def read(self, name: str) -> Register | None:
        """See `Registers.read`."""
        item = self._access.item(register_key(name))
        return None if item is None else _register_from(item)

    def write(self, name: str, value: bytes, expected: int) -> bool:
        """See `Registers.write`."""
        item: dict[str, AttributeValueTypeDef] = {"value": {"B": value}, "rev": {"N": str(expected + 1)}}
        return self._access.replace({**key_item(register_key(name)), **item})

    def scan(self, prefix: str) -> Iterator[tuple[str, Register]]:
        """See `Registers.scan`. Eventually consistent."""
        values = {":prefix": {"S": prefix}}
        if "/" in prefix:
            found = self._access.query(
                {
                    "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
                    "ExpressionAttributeValues": {**values, ":pk": {"S": register_key(prefix)[0]}},
                }
            )
            return (_named(item) for item in found)
        every = self._access.scan(
            {"FilterExpression": "begins_with(sk, :prefix)", "ExpressionAttributeValues": values} if prefix else {}
        )
        return iter(sorted(map(_named, every), key=lambda named: named[0]))


def register_key(name: str) -> Key:
    """Return the key of a register: (up to the first `/`, inclusive; the whole name)."""
    return name[: name.find("/") + 1] or name, name


def _register_from(item: Item) -> Register:
    return Register(item["value"]["B"], int(item["rev"]["N"]))


def _named(item: Item) -> tuple[str, Register]:
    return item["sk"]["S"], _register_from(item)
