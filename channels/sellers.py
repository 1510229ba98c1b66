"""A merchant's account on a channel, and how to speak to it."""

import msgspec

from channels.bulk.port import Feeds, Lookup
from channels.limits import Rate
from channels.modes import Mode
from channels.offers import Offers
from channels.orders_poll import OrderReads


class Rates(msgspec.Struct, frozen=True):
    """How often each operation may be asked, per seller.

    Amazon publishes 5 a second for both, bursts of 5 and 10 (Listings Items API 2021-08-01, usage plans); 0.5 a
    second is what sellers' accounts were granted in practice. A rate granted in an answer lowers these. Those of feeds
    are the published ones (Feeds API 2021-06-30, usage plans); `search`, many listings at a time, is published as 5.
    """

    set_quantity: Rate = Rate(0.5, 5)
    listing: Rate = Rate(0.5, 10)
    create_document: Rate = Rate(0.5, 15)
    create_feed: Rate = Rate(0.0083, 15)
    feed: Rate = Rate(2, 15)
    feeds: Rate = Rate(0.0222, 10)
    report: Rate = Rate(0.0222, 10)
    search: Rate = Rate(0.5, 5)


class Seller(msgspec.Struct, frozen=True):
    """One seller of one tenant. A new one observes: nothing is sent until a person says so.

    Where more than the share `zeroing` of his listings would become zero at once, he is paused (`channels.zeroing`).
    Many quantities at once go by `feeds`; one by one where there are none. Who fulfils listings that were not looked at
    lately is asked of `lookup`; they go one by one where there is none. His `orders` are asked for where they can be.
    `mode` is what he begins with: once somebody has set one, that holds (`channels.switchboard`).
    """

    tenant: str
    seller_id: str
    marketplace: str
    client: Offers
    mode: Mode = Mode.OBSERVE
    rates: Rates = Rates()
    zeroing: float = 0.1
    feeds: Feeds | None = None
    lookup: Lookup | None = None
    orders: OrderReads | None = None
