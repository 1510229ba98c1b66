"""What is known here of every SKU beside one channel."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from urllib.parse import quote

import msgspec

from stock.identities import Channel
from syncstate.cli.connection import Api, connected
from syncstate.settings import Settings

PAGE, NAMED = 1000, 100
ADDRESS = 6000
"""So many characters of an address every server and proxy takes."""


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
    """All SKUs; by listing the first that is mapped to it; and the listings that several are mapped to."""

    skus: Mapping[str, Known]
    by_listing: Mapping[str, Known]
    shared: frozenset[str] = frozenset()


def here_of(skus: Mapping[str, Known]) -> Here:
    """Return what is known, given all SKUs."""
    by_listing: dict[str, Known] = {}
    shared: set[str] = set()
    for known in skus.values():
        if known.listing is not None and by_listing.setdefault(known.listing, known) is not known:
            shared.add(known.listing)
    return Here(skus, by_listing, frozenset(shared))


def read_here(api: Api, channel: Channel) -> Here:
    """Return what is known here now. Raises Failure."""
    return here_of({known.sku: known for known in _every(api, channel)})


def _every(api: Api, channel: Channel) -> Iterator[Known]:
    asked: dict[str, str | int] = {"channel": channel, "limit": PAGE}
    while True:
        page = api.get("/api/channel-skus", asked)
        yield from msgspec.convert(page["skus"], list[Known])
        if page["nextCursor"] is None:
            return
        asked = {**asked, "cursor": page["nextCursor"]}


def read_some(api: Api, channel: Channel, skus: Sequence[str]) -> dict[str, Known]:
    """Return what is known now of those of `skus` that something happened to. Raises Failure."""
    found: dict[str, Known] = {}
    for some in _in_addresses(skus):
        page = api.get("/api/channel-skus", {"channel": channel, "sku": some})
        found.update((known.sku, known) for known in msgspec.convert(page["skus"], list[Known]))
    return found


def _in_addresses(names: Sequence[str]) -> Iterator[list[str]]:
    """Divide names so that those of each part fit into one address."""
    part: list[str] = []
    size = 0
    for name in names:
        length = len(quote(name)) + len("&sku=")
        if part and (size + length > ADDRESS or len(part) == NAMED):
            yield part
            part, size = [], 0
        part.append(name)
        size += length
    if part:
        yield part
