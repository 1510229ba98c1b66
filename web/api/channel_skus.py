"""What is known here of SKUs beside a channel: mapped and counted or not, and what is wrong with that."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query, Response

from projections.broadcasts.queries import Standing
from projections.inventory.documents import Inventory
from stock.identities import Channel, Sku
from stock.mapping_health import KINDS, Finding, Kind, alike, stored_findings
from web.answers import Answer, copied, lean, sent
from web.api.links import waiting
from web.callers import Reader
from web.paging import Cursor, Limit, cursor, position
from web.problems import ANSWERS
from web.services import Services, Use
from web.skus import named

router = APIRouter(tags=["mapping"], responses=ANSWERS)

PAGE, MOST_NAMED = 1000, 100
_On = Annotated[Channel, Query(alias="channel", description="where it is sold")]


class ChannelSku(Answer):
    """A SKU at `version`: whether it was `counted`, what channels show of it, and its `listing` on the channel.

    `takenAway`: it had a listing there, until somebody unmapped it.
    """

    sku: str
    version: int
    counted: bool
    broadcast: int
    listing: str | None
    taken_away: bool


class ChannelSkusAnswer(Answer):
    """A page of all SKUs in their order, beside `channel`; `nextCursor` continues it, null at the end."""

    channel: str
    skus: tuple[ChannelSku, ...]
    next_cursor: str | None


class HealthFinding(Answer):
    """What is wrong.

    `duplicate`: SKUs share a listing; `case`: SKUs differ in case or in spaces alone; `blank`: a variant without a SKU
    was sold; `unmapped`: a SKU has no listing, or something was sold under a listing that has no SKU.
    """

    kind: Literal["duplicate", "case", "blank", "unmapped"]
    listings: tuple[str, ...]
    skus: tuple[str, ...]


class MappingHealthAnswer(Answer):
    """How well SKUs and the listings on `channel` belong together, as far as is known here.

    Of all `skus` some are `mapped`; of these, `uncounted` ones are never told to the channel. `counts` is of all
    findings by kind; `findings` holds the first `limit` of each.
    """

    channel: str
    ok: bool
    skus: int
    mapped: int
    uncounted: int
    counts: dict[str, int]
    findings: tuple[HealthFinding, ...]


class _Row(msgspec.Struct, frozen=True):
    sku: Sku
    version: int
    counted: bool
    broadcast: int
    listing: str | None
    taken_away: bool


_row, _skus = copied(ChannelSku), lean(ChannelSkusAnswer)


@router.get("/api/channel-skus", response_model=ChannelSkusAnswer)
def list_channel_skus(  # noqa: PLR0913 - query parameters
    services: Use,
    caller: Reader,
    *,
    channel: _On = "amazon",
    sku: Annotated[list[str] | None, Query(max_length=MOST_NAMED, description="of these SKUs alone, up to 100")] = None,
    cursor_: Annotated[Cursor, Query(alias="cursor")] = None,
    limit: Limit = 100,
) -> Response:
    """Return all SKUs, a page at a time, each with its listing on `channel`; or those that `sku` names, repeated."""
    if sku is not None:
        some = services.inventory.several(caller.tenant, list(map(named, sku)))
        told = _beside(services, caller.tenant, channel, sorted(some.items()))
        return sent(_skus(channel=channel, skus=list(map(_row, told)), next_cursor=None))
    found, after = _page(services, caller.tenant, channel, position(cursor_), limit)
    return sent(_skus(channel=channel, skus=list(map(_row, found)), next_cursor=cursor(after)))


@router.get("/api/mapping/health")
def get_mapping_health(
    services: Use,
    caller: Reader,
    channel: _On = "amazon",
    limit: Limit = 100,
) -> MappingHealthAnswer:
    """Tell which SKUs share a listing, differ in case alone, have none, and what was sold under no known SKU.

    All SKUs are looked at: the answer takes as long as a walk through them. What the channel lists and nobody sold or
    mapped is not known here: `syncstate connect` asks the channel itself.
    """
    rows = list(_every(services, caller.tenant, channel))
    found = [*stored_findings({row.sku: row.listing for row in rows}), *_sold(services, caller.tenant, channel, rows)]
    counts, shown = Counter[Kind](), list[HealthFinding]()
    for one in found:
        counts[one.kind] += 1
        if counts[one.kind] <= limit:
            shown.append(HealthFinding(kind=one.kind, listings=one.listings, skus=one.skus))
    mapped = [row for row in rows if row.listing is not None]
    return MappingHealthAnswer(
        channel=channel,
        ok=not found,
        skus=len(rows),
        mapped=len(mapped),
        uncounted=sum(not row.counted for row in mapped),
        counts={kind: counts[kind] for kind in KINDS},
        findings=tuple(shown),
    )


def _page(
    services: Services, tenant: str, channel: Channel, after: str | None, limit: int
) -> tuple[list[_Row], str | None]:
    page, after = services.inventory.listing(tenant, after, limit)
    return _beside(services, tenant, channel, page), after


def _beside(services: Services, tenant: str, channel: Channel, page: Sequence[tuple[Sku, Inventory]]) -> list[_Row]:
    standing = services.broadcasts.standing(tenant, [sku for sku, _ in page])
    return [_row_of(sku, found, standing.get(sku), channel) for sku, found in page]


def _row_of(sku: Sku, found: Inventory, standing: Standing | None, channel: Channel) -> _Row:
    listing = standing.row.channels.get(channel) if standing is not None else None
    now = listing.listing if listing is not None else None
    taken_away = listing is not None and listing.mapped_version > 0 and now is None
    return _Row(sku, found.version, found.counted, found.broadcast, now, taken_away)


def _every(services: Services, tenant: str, channel: Channel) -> Iterator[_Row]:
    after: str | None = None
    while True:
        rows, after = _page(services, tenant, channel, after, PAGE)
        yield from rows
        if after is None:
            return


def _sold(services: Services, tenant: str, channel: Channel, rows: Iterable[_Row]) -> Iterator[Finding]:
    """Yield what order lines of the channel name that has no SKU, each once."""
    spelt: Mapping[str, str] = {alike(row.sku): row.sku for row in rows}
    seen: set[str] = set()
    after: str | None = None
    while True:
        orders, after = waiting(services, tenant, after, PAGE)
        names = {line.listing or line.variant_id for order in orders if order.shop == channel for line in order.lines}
        for name in sorted(filter(None, names - seen)):
            near = spelt.get(alike(name))
            if channel == "shopify":
                yield Finding("blank", (name,))
            else:
                yield Finding("unmapped", (name,)) if near is None else Finding("case", (name,), (near,))
        seen |= {name for name in names if name is not None}
        if after is None:
            return
