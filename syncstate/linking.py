"""Mappings that an earlier release recorded, noted beside their listings: once for each tenant."""

from ingest.amazon.listings import MappedListings
from ingest.operators.mappings import Mapped
from processor.clock import Clock
from processor.engine import Engine
from projections.broadcasts.queries import BroadcastQueries

PAGE = 1000


def link_older(engine: Engine, broadcasts: BroadcastQueries, clock: Clock, tenant: str) -> None:
    """Link each listing of Amazon's that a SKU is mapped to and that is not linked yet; done once, it is done.

    What a crash leaves out is linked at the next start. Raises Retryable.
    """
    registers, name = engine.store.registers, f"linked/{tenant}"
    if registers.read(name) is not None:
        return
    mapped = MappedListings(engine.recorder, engine.store.log)
    after: str | None = None
    while True:
        page, after = broadcasts.mapped(tenant, "amazon", after, PAGE)
        told = [Mapped(sku, listing.listing, None) for sku, listing in page if listing.listing is not None]
        if told:
            mapped.fill(tenant, told, clock())
        if after is None:
            break
    registers.write(name, b"{}", 0)
