"""Mapping what was found: in batches through the API, each known by an identity of its own."""

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b

from ingest.imports.rows import FileFact, Row
from stock.identities import Channel, Sku
from syncstate.cli.connection import Api
from syncstate.cli.sending import Tally, send
from syncstate.connecting.comparing import Judged


def map_all(api: Api, channel: Channel, chosen: Sequence[Judged], told: Callable[[int], None]) -> Tally:
    """Map every one of `chosen` to its SKU. Doing it again tells nothing new. Raises Failure."""
    return send(api, _rows(channel, chosen), told)


def _rows(channel: Channel, chosen: Sequence[Judged]) -> Iterator[Row]:
    for number, one in enumerate(chosen, 1):
        found, name = one.found, Sku(one.sku or "")
        fields = {"channel": channel, "listing": found.listing, "productType": found.product_type}
        yield Row(number, (FileFact("mapping", name, fields, _identity(channel, found.listing)),))


def _identity(channel: Channel, listing: str) -> str:
    """Name the statement that a SKU is sold under `listing`: a listing's name may fill all that a name may hold."""
    return f"connect:{channel}:{blake2b(listing.encode(), digest_size=16).hexdigest()}"
