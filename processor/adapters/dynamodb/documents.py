"""Between rows and documents and raw DynamoDB attributes, field by field.

Both kinds keep their bytes in `body` and stand in the indexes alike; a row carries its positions, revision and
poison marks besides.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from processor.adapters.dynamodb.catalogue import DOCUMENT_INDEXES
from processor.adapters.dynamodb.keys import Item, Key
from processor.models import Commit, Document, Entry, Held, IndexKey, Keys, Model, Row
from processor.streams import StreamId

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

ROW = "r#"
DOCUMENT = "d#"

_BETWEEN = "\x1f"
_MAX_SORT_BYTES = 1024
_HASH_BYTES = 22

_positions = msgspec.json.Decoder(dict[str, int])
_held = msgspec.json.Decoder(dict[str, Held])


def partition_of(model: Model, tenant: str) -> str:
    """Return the `pk` of a tenant's rows and documents in a model."""
    return f"{model}#{tenant}"


def row_key(model: Model, key: StreamId) -> Key:
    """Return the key of a row."""
    return partition_of(model, key.tenant), f"{ROW}{key.category}#{key.key}"


def document_key(model: Model, tenant: str, id_: str) -> Key:
    """Return the key of a document."""
    return partition_of(model, tenant), DOCUMENT + id_


def stream_of_row(item: Item) -> StreamId:
    """Return the primary stream of the row whose keys an item has."""
    tenant = item["pk"]["S"].partition("#")[2]
    category, _, key = item["sk"]["S"][len(ROW) :].partition("#")
    return StreamId(tenant, category, key)


def row_item(commit: Commit) -> Item:
    """Return the item of a commit's row at its next revision."""
    key, row = commit.key, commit.row
    item = _item(commit.model, row_key(commit.model, key), key.tenant, Document(key.key, row.state, row.keys))
    item["positions"] = _packed(key, row.positions)
    item["rev"] = {"N": str(row.revision + 1)}
    if row.held:
        item["held"] = {"S": msgspec.json.encode({str(stream): mark for stream, mark in row.held.items()}).decode()}
        item["mark"] = {"S": str(commit.model)}
    return item


def row_from(key: StreamId, item: Item) -> Row:
    """Return the row of `key` that an item holds."""
    held = item.get("held")
    return Row(
        item["body"]["B"],
        _unpacked(key, item["positions"]),
        int(item["rev"]["N"]),
        {StreamId.parse(stream): mark for stream, mark in _held.decode(held["S"]).items()} if held else {},
        _keys(item),
    )


def document_item(model: Model, tenant: str, document: Document) -> Item:
    """Return the item of a document."""
    return _item(model, document_key(model, tenant, document.id), tenant, document)


def document_from(item: Item) -> Document:
    """Return the document that an item holds."""
    return Document(item["sk"]["S"][len(DOCUMENT) :], item["body"]["B"], _keys(item))


def entry_from(item: Item) -> Entry:
    """Return what a listing tells of an item; a row's is named by its stream's key."""
    place = item["sk"]["S"]
    id_ = place[len(DOCUMENT) :] if place.startswith(DOCUMENT) else stream_of_row(item).key
    return Entry(id_, item["body"]["B"])


def index_partition(model: Model, tenant: str, partition: str) -> str:
    """Return the partition of an index: no tenant's and no model's meets another's."""
    return f"{model}#{tenant}#{partition}"


def index_place(sort: str, id_: str) -> str:
    """Return the place in an index: by `sort`, then id.

    A key holds 1,024 bytes. Where both are longer, the end of the id gives way to a hash of it: `sort` is never cut.
    """
    place = f"{sort}{_BETWEEN}{id_}"
    raw = place.encode()
    if len(raw) <= _MAX_SORT_BYTES:
        return place
    kept = raw[: _MAX_SORT_BYTES - _HASH_BYTES].decode(errors="ignore")
    return kept + blake2b(raw, digest_size=_HASH_BYTES // 2).hexdigest()


def _item(model: Model, key: Key, tenant: str, document: Document) -> "dict[str, AttributeValueTypeDef]":
    item: dict[str, AttributeValueTypeDef] = {"pk": {"S": key[0]}, "sk": {"S": key[1]}, "body": {"B": document.body}}
    reach = 0
    for number, (index, place) in enumerate(zip(DOCUMENT_INDEXES, document.keys, strict=False), 1):
        if place is not None:
            item[f"{index}p"] = {"S": index_partition(model, tenant, place.partition)}
            item[f"{index}s"] = {"S": index_place(place.sort, document.id)}
            reach = number
    if reach != len(document.keys):
        item["places"] = {"N": str(len(document.keys))}
    return item


def _keys(item: Item) -> Keys:
    """Return the places in the indexes, as many as were given, those left empty at the end included."""
    places = [_place(item, index) for index in DOCUMENT_INDEXES]
    if "places" in item:
        return tuple(places[: int(item["places"]["N"])])
    while places and places[-1] is None:
        places.pop()
    return tuple(places)


def _place(item: Item, index: str) -> IndexKey | None:
    partition = item.get(f"{index}p")
    if partition is None:
        return None
    return IndexKey(partition["S"].split("#", 2)[2], item[f"{index}s"]["S"].partition(_BETWEEN)[0])


def _packed(key: StreamId, positions: Mapping[StreamId, int]) -> "AttributeValueTypeDef":
    """Return a number for a row fed by its own stream alone, as most are; else JSON, the row's own stream unnamed."""
    if len(positions) == 1 and key in positions:
        return {"N": str(positions[key])}
    named = {"" if stream == key else str(stream): version for stream, version in positions.items()}
    return {"S": msgspec.json.encode(named).decode()}


def _unpacked(key: StreamId, attribute: "AttributeValueTypeDef") -> dict[StreamId, int]:
    if "N" in attribute:
        return {key: int(attribute["N"])}
    named = _positions.decode(attribute["S"])
    return {StreamId.parse(stream) if stream else key: version for stream, version in named.items()}
