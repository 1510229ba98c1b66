"""Putting together what carries one seller's many."""

from collections.abc import Callable
from typing import NamedTuple

from channels.bulk.carrier import Carrier
from channels.bulk.following import Follower
from channels.bulk.gathering import Gatherer
from channels.bulk.identifying import Identifier
from channels.bulk.making import Maker
from channels.bulk.port import Feeds
from channels.bulk.preparing import Preparation
from channels.bulk.records import Feedbook
from channels.bulk.slicing import Slicer
from channels.bulk.telling import Scribe
from channels.glances import Glances
from channels.ledger import Ledger
from channels.limits import Monotonic
from channels.line import Line
from channels.picking import Picker
from channels.sellers import Seller
from channels.tenure import Tenure
from processor.clock import Clock, Instant
from processor.registers import Registers
from projections.broadcasts.queries import BroadcastQueries
from stock.identities import Channel, Sku


class Zeroing(NamedTuple):
    """The guard against emptying a shop by mistake: whether a SKU may be told zero, and that one was."""

    may: Callable[[Sku, Instant], bool]
    became: Callable[[Sku], None]


def carrier(  # noqa: PLR0913 - a desk's parts
    seller: Seller,
    channel: Channel,
    broadcasts: BroadcastQueries,
    feeds: Feeds,
    registers: Registers,
    *,
    wire: Line,
    tenure: Tenure,
    picker: Picker,
    glances: Glances,
    ledger: Ledger,
    guard: Zeroing,
    clock: Clock,
    monotonic: Monotonic,
) -> Carrier:
    """Return the carrier of a desk, of which everything else is given."""
    book, slicer = Feedbook(registers, seller.tenant, channel), Slicer(wire)
    gatherer = Gatherer(
        seller.tenant,
        channel,
        broadcasts,
        rates=seller.rates,
        wire=wire,
        picker=picker,
        glances=glances,
        ledger=ledger,
        may_zero=guard.may,
        clock=clock,
    )
    return Carrier(
        book,
        Preparation(gatherer, Identifier(seller.lookup, wire, clock), slicer),
        Maker(feeds, wire, book, tenure, rate=seller.rates.create_feed, clock=clock),
        Follower(feeds, wire, clock=clock, monotonic=monotonic),
        Scribe(ledger),
        slicer=slicer,
        wire=wire,
        picker=picker,
        tenure=tenure,
        became_zero=guard.became,
        clock=clock,
        monotonic=monotonic,
    )
