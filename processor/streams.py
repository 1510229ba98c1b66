"""The identity of a stream and of a fact within it."""

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple, Self
from unicodedata import category
from zlib import crc32

SHARDS = 64
"""How many shards the catalogue of streams has: a stream's shard never changes."""

MAX_TX_BYTES = 200
MAX_KEY_BYTES = 1000
_TENANT = re.compile(r"[a-z0-9-]{1,40}")
_CATEGORY = re.compile(r"[a-z]{1,20}")


class StreamId(NamedTuple):
    """`tenant/category/key`: all events of one SKU, one order, one listing.

    `key` comes last in every encoding and is never escaped, so it may hold any character of `legible` text.
    """

    tenant: str
    category: str
    key: str

    def __str__(self) -> str:
        return f"{self.tenant}/{self.category}/{self.key}"

    @property
    def shard(self) -> int:
        """The stream's place in the catalogue, 0 to SHARDS - 1."""
        return crc32(str(self).encode()) % SHARDS

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote. Raises ValueError for anything else."""
        tenant, _, rest = text.partition("/")
        category, slash, key = rest.partition("/")
        if not slash:
            raise ValueError(f"not a stream id (tenant/category/key): {text!r}")
        return cls(tenant, category, key)


def stream_id(tenant: str, category: str, key: str) -> StreamId:
    """Return a checked `StreamId`: the way in for text that comes from outside.

    Raises ValueError unless `tenant` is a slug `[a-z0-9-]{1,40}`, `category` is `[a-z]{1,20}` and `key` is 1 to
    MAX_KEY_BYTES bytes of printable text.
    """
    _check(tenant, category)
    if not key or not legible(key) or _longer(key, MAX_KEY_BYTES):
        raise ValueError(f"a stream's key is 1 to {MAX_KEY_BYTES} bytes of printable text: {key[:80]!r}")
    return StreamId(tenant, category, key)


@lru_cache(maxsize=4096)
def _check(tenant: str, category: str) -> None:
    """Raise ValueError unless both are well formed. There are few, and each is asked for with every fact."""
    if not _TENANT.fullmatch(tenant):
        raise ValueError(f"a tenant is 1 to 40 of a-z, 0-9 and '-': {tenant!r}")
    if not _CATEGORY.fullmatch(category):
        raise ValueError(f"a category is 1 to 20 of a-z: {category!r}")


def _longer(text: str, most: int) -> bool:
    """Tell whether `text` has more than `most` bytes."""
    return len(text) > most if text.isascii() else len(text.encode()) > most


def legible(text: str) -> bool:
    """Tell whether `text` is of characters that can be seen, spaces, and format characters among them.

    Shops' texts hold no-break spaces, soft hyphens and joiners, which mean something in them. Controls, line and
    paragraph separators, and what is no character, as half of a surrogate pair, are never part of a name.
    """
    if text.isprintable():
        return True
    seen = any(char.isprintable() and char != " " for char in text)
    return seen and all(char.isprintable() or category(char) in _UNSEEN for char in text)


_UNSEEN = frozenset({"Cf", "Zs"})
"""The Unicode categories of what `str.isprintable` refuses, and names may hold: format characters, other spaces."""


def bounded_tx(tx_id: str) -> str:
    """Return `tx_id` itself, or a hash of it where it is longer than MAX_TX_BYTES.

    Raises ValueError for an empty one, since a fact without identity cannot be deduplicated, and for text that holds
    control characters, which not every store can keep.
    """
    if not tx_id or not legible(tx_id):
        raise ValueError(f"a tx_id is printable text and never empty: {tx_id[:80]!r}")
    if not _longer(tx_id, MAX_TX_BYTES):
        return tx_id
    return "blake2b:" + blake2b(tx_id.encode(), digest_size=32).hexdigest()


def fed_row(feeds: Mapping[str, str], stream: StreamId) -> StreamId | None:
    """Return the primary stream of the row that `stream` feeds, or None where it feeds none.

    `feeds` maps a stream's category to its row's category. A category mapped to itself feeds the row of the same
    name; one mapped to another, `tenant/channel/amazon:X` under {"channel": "sku"}, feeds `tenant/sku/X`: what
    follows the first colon; without a colon it feeds none.
    """
    category = feeds.get(stream.category)
    if category is None:
        return None
    if category == stream.category:
        return stream
    key = stream.key.partition(":")[2]
    return StreamId(stream.tenant, category, key) if key else None
