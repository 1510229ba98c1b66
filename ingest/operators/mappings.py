"""Which mappings tell nothing new, and who hears of those that are stated. The door asks, and records the others."""

from collections.abc import Mapping as Map
from collections.abc import Sequence
from typing import Protocol

import msgspec

from ingest.operators.payloads import Fact, Mapping, Unmapping
from processor.clock import Instant
from stock.identities import Channel, Sku
from stock.listings import Listed, Listings

_NOWHERE = Listed(None, None)
AMAZON: Channel = "amazon"


class Mapped(msgspec.Struct, frozen=True):
    """A SKU is sold under `listing`, by a statement whose identity is `tx`: None where it told nothing new."""

    sku: Sku
    listing: str
    tx: str | None


def mapped_by(fact: Fact, tx: str | None) -> Mapped | None:
    """Return the mapping to one of Amazon's listings that `fact` states, if it does."""
    if not isinstance(fact, Mapping) or fact.channel != AMAZON:
        return None
    return Mapped(fact.sku, fact.happened.listing, tx)


class HearsOfMappings(Protocol):
    """Whoever must know the SKU of a listing."""

    def mapped(self, tenant: str, told: Sequence[Mapped], at: Instant) -> object:
        """Hear of mappings that are durable, in the order they were stated. May raise Retryable."""
        ...


def asked(facts: Sequence[Fact]) -> list[Sku]:
    """Return the SKUs whose present listings decide about `facts`. A fact with a `tx` is settled by that alone."""
    return list({fact.sku: None for fact in facts if isinstance(fact, Mapping | Unmapping) and fact.tx is None})


def unchanged(facts: Sequence[Fact], known: Map[Sku, Listings]) -> dict[int, int | None]:
    """Return the places of the facts that leave their listing as it is, with the version that made it so.

    `known` are the listings before the first fact; of a SKU that is absent there nothing is known.
    """
    now: dict[tuple[Sku, Channel], Listed | None] = {}
    same: dict[int, int | None] = {}
    for place, fact in enumerate(facts):
        if not isinstance(fact, Mapping | Unmapping):
            continue
        where = (fact.sku, fact.channel)
        if where not in now:
            now[where] = known[fact.sku].channels.get(fact.channel, _NOWHERE) if fact.sku in known else None
        wanted = fact.happened if isinstance(fact, Mapping) else None
        present = now[where]
        if fact.tx is not None:
            now[where] = None
        elif present is not None and present.listing == wanted:
            same[place] = present.version
        else:
            now[where] = Listed(wanted, None)
    return same
