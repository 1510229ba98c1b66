"""What a shop that keeps a count of its own was given, and how that count stands."""

from typing import Annotated

from msgspec import Meta, Struct

from processor.clock import Instant
from stock.events.kinds import Code, Id, Signed


class DeltaIntended(Struct, frozen=True, gc=False, omit_defaults=True):
    """The shop is to be told, under `key`, that `location` has `delta` units more of `item` than `change_from`.

    Appended before the first try; every retry repeats key, delta and `change_from` exactly. It brings the shop up to
    the SKU's event `cause_version`, as mapped at its event `since`.
    """

    number: Annotated[int, Meta(ge=1)]
    delta: Signed
    change_from: Signed
    key: Id
    item: Id
    location: Id
    cause_version: Annotated[int, Meta(ge=0)]
    since: Annotated[int, Meta(ge=1)]


class DeltaApplied(Struct, frozen=True, gc=False, omit_defaults=True):
    """The shop made change `number`: once. `available` is what it had then, None where it did not say.

    `retried`: an earlier try had no known outcome, so a request that was given up may still be on its way.
    """

    number: Annotated[int, Meta(ge=1)]
    available: Signed | None = None
    retried: bool = False


class DeltaRefused(Struct, frozen=True, gc=False, omit_defaults=True):
    """Change `number` was not made, for certain. `retry` tells whether another one can be."""

    number: Annotated[int, Meta(ge=1)]
    code: Code
    retry: bool = True


STALE = "STALE"
"""The code of a change that was not made because the shop had another quantity by then: another one is made at once."""


class DeltaInDoubt(Struct, frozen=True, gc=False, omit_defaults=True):
    """Nobody knows whether change `number` was made. It is never sent again: an operator finds out."""

    number: Annotated[int, Meta(ge=1)]
    delta: Signed
    code: Code = ""


class DeltaDecided(Struct, frozen=True, gc=False, omit_defaults=True):
    """An operator says whether change `number`, which was in doubt, was made. If not, it is owed again."""

    number: Annotated[int, Meta(ge=1)]
    applied: bool


class LevelCompared(Struct, frozen=True, gc=False, omit_defaults=True):
    """We looked at `at`, by our clock: the shop has `available` of `item`, where we know of `moved` units.

    `moved` are the shop's own events and our changes that it made, from the SKU's event `since`, which mapped it.
    """

    item: Id
    available: Signed
    moved: Signed
    since: Annotated[int, Meta(ge=1)]
    at: Instant


class LevelUnexplained(Struct, frozen=True, gc=False, omit_defaults=True):
    """The shop has `difference` units more (below zero: fewer) than is explained, and did so for long.

    Question `number`: are they there? It replaces the one before; 0 takes that back. Never changes stock by itself.
    """

    number: Annotated[int, Meta(ge=1)]
    difference: Signed
    available: Signed


class LevelDecided(Struct, frozen=True, gc=False, omit_defaults=True):
    """Question `number` is answered: the units are `adopted` as stock, or taken back from the shop."""

    number: Annotated[int, Meta(ge=1)]
    adopted: bool


ADOPTED = "adopted:shopify:"
"""What `adoption_tx` begins with."""


def adoption_tx(number: int) -> str:
    """Return the identity of the adjustment that makes the units of question `number` stock."""
    return f"{ADOPTED}{number}"
