"""What is known here of every SKU beside one channel."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

import msgspec

from stock.identities import Channel
from syncstate.cli.connection import Api, connected
from syncstate.settings import Settings

PAGE, NAMED = 1000, 100


Reach = Callable[[Settings], AbstractContextManager[Api]]
"""How the data that settings name are reached."""


def begun(settings: Settings) -> AbstractContextManager[Api]:
    """Reach them through the server that runs, else open the store, or begin one."""
    return connected(settings, begin=True)


class Known(msgspec.Struct, frozen=True, rename="camel"):
    """A SKU at `version`, as GET /api/channel-skus tells it. `taken_away`: somebody unmapped it."""

    sku: str
    version: int
    counted: bool
    broadcast: int
    listing: str | None
    taken_away: bool


class Here(msgspec.Struct, frozen=True):
    """All SKUs, and by listing the first that is mapped to it."""

    skus: Mapping[str, Known]
    by_listing: Mapping[str, Known]


def read_here(api: Api, channel: Channel) -> Here:
    """Return what is known here now. Raises Failure."""
    skus = {known.sku: known for known in _every(api, channel)}
    by_listing: dict[str, Known] = {}
    for known in skus.values():
        if known.listing is not None:
            by_listing.setdefault(known.listing, known)
    return Here(skus, by_listing)


def _every(api: Api, channel: Channel) -> Iterator[Known]:
    asked: dict[str, str | int] = {"channel": channel, "limit": PAGE}
    while True:
        page = api.get("/api/channel-skus", asked)
        yield from msgspec.convert(page["skus"], list[Known])
        if page["nextCursor"] is None:
            return
        asked = {**asked, "cursor": page["nextCursor"]}


def read_some(api: Api, channel: Channel, skus: Sequence[str]) -> dict[str, Known]:
    """Return what is known now of those of `skus`, at most NAMED, that something happened to. Raises Failure."""
    if not skus:
        return {}
    page = api.get("/api/channel-skus", {"channel": channel, "sku": list(skus)})
    return {known.sku: known for known in msgspec.convert(page["skus"], list[Known])}
