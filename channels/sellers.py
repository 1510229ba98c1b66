"""A merchant's account on a channel, and how to speak to it."""

import msgspec

from channels.limits import Rate
from channels.modes import Mode
from channels.offers import Offers
from channels.orders_poll import OrderReads


class Rates(msgspec.Struct, frozen=True):
    """How often each operation may be asked, per seller.

    Amazon publishes 5 a second for both, bursts of 5 and 10 (Listings Items API 2021-08-01, usage plans); 0.5 a
    second is what sellers' accounts were granted in practice. A rate granted in an answer lowers these.
    """

    set_quantity: Rate = Rate(0.5, 5)
    listing: Rate = Rate(0.5, 10)


class Seller(msgspec.Struct, frozen=True):
    """One seller of one tenant. A new one observes: nothing is sent until a person says so.

    Where more than the share `zeroing` of his listings would become zero at once, he is paused (`channels.zeroing`).
    `mode` is what he begins with: once somebody has set one, that holds (`channels.switchboard`). His `orders` are
    asked for where they can be.
    """

    tenant: str
    seller_id: str
    marketplace: str
    client: Offers
    mode: Mode = Mode.OBSERVE
    rates: Rates = Rates()
    zeroing: float = 0.1
    orders: OrderReads | None = None
