"""The tables, as plain data: what the adapter reads and writes, local scripts create and infrastructure deploys.

Every table is on demand, has the text keys `pk` and `sk`, and no time to live: nothing here may vanish by itself.

| table | pk | sk | holds |
| --- | --- | --- | --- |
| events | `<tenant>#<category>#<key>` | `e#<version, 12 digits>` | an event |
| events | `x#<tenant>#<tx hash>` | `x#<category>#<key>` | the claim of a tx_id: version, digest, nonce |
| models | `<projection>@<generation>#<tenant>` | `r#<category>#<key>` | a row |
| models | the same | `d#<id>` | a document beside a row |
| registers | the name up to its first `/`, inclusive | the whole name | a register |
"""

from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

PARTITION: Final = "pk"
SORT: Final = "sk"

DEFAULT_PREFIX: Final = "syncstate-"
EVENTS: Final = "events"
MODELS: Final = "models"
REGISTERS: Final = "registers"

STREAMS_INDEX: Final = "catalogue"
"""Lists streams: only version 1 of a stream carries the attributes `catalogue`, the stream's shard, and `tenant`."""

HELD_INDEX: Final = "held"
"""Lists rows with a poison mark: only they carry the attribute `mark`, the model."""

DOCUMENT_INDEXES: Final = ("by1", "by2", "by3", "by4")
"""Order documents and rows: `<index>p` is the partition (model, tenant, partition), `<index>s` the place in it."""


class Index(NamedTuple):
    """A global secondary index. Sparse: it holds the items that carry both keys."""

    name: str
    partition: str
    partition_type: Literal["S", "N"]
    sort: str
    projection: Literal["ALL", "KEYS_ONLY"]


class Table(NamedTuple):
    """A table by its name without prefix.

    `stream` sends each new image to DynamoDB Streams (NEW_IMAGE). `restorable`: what it holds is nowhere else, so
    point-in-time recovery is kept on, and the table is protected against deletion.
    """

    name: str
    indexes: tuple[Index, ...] = ()
    stream: bool = False
    restorable: bool = False


TABLES: Final = (
    Table(EVENTS, (Index(STREAMS_INDEX, "catalogue", "N", "tenant", "KEYS_ONLY"),), stream=True, restorable=True),
    Table(
        MODELS,
        (
            *(Index(name, f"{name}p", "S", f"{name}s", "ALL") for name in DOCUMENT_INDEXES),
            Index(HELD_INDEX, "mark", "S", PARTITION, "KEYS_ONLY"),
        ),
    ),
    Table(REGISTERS, restorable=True),
)


def create_table_arguments(prefix: str = DEFAULT_PREFIX) -> Iterator[dict[str, Any]]:
    """Yield the arguments of CreateTable for each table. Recovery (`restorable`) is switched on by another call."""
    for table in TABLES:
        types = {PARTITION: "S", SORT: "S"}
        for index in table.indexes:
            types |= {index.partition: index.partition_type, index.sort: "S"}
        arguments: dict[str, Any] = {
            "TableName": prefix + table.name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": key_schema(PARTITION, SORT),
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()],
        }
        if table.indexes:
            arguments["GlobalSecondaryIndexes"] = [
                {
                    "IndexName": index.name,
                    "KeySchema": key_schema(index.partition, index.sort),
                    "Projection": {"ProjectionType": index.projection},
                }
                for index in table.indexes
            ]
        if table.stream:
            arguments["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        yield arguments


def key_schema(partition: str, sort: str) -> list[dict[str, str]]:
    """Return the key schema of a table or index."""
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
