"""What every item of every table has: two keys, both text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from processor.adapters.dynamodb.catalogue import PARTITION, SORT

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item = Mapping[str, "AttributeValueTypeDef"]
"""Raw attributes, as the low-level client takes and gives them."""

Key = tuple[str, str]
"""(pk, sk)"""

ABSENT = f"attribute_not_exists({PARTITION})"
"""The condition that nothing stands at a key yet."""


def key_item(key: Key) -> Item:
    """Return the key attributes of an item."""
    return {PARTITION: {"S": key[0]}, SORT: {"S": key[1]}}


def key_of(item: Item) -> Key:
    """Return an item's key."""
    return item[PARTITION]["S"], item[SORT]["S"]
