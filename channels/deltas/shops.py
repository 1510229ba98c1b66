"""A merchant's shop, which keeps a count of its own, and how to speak to it."""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from channels.modes import Mode
from channels.shopify.intents import Intent, Outcome
from channels.shopify.shelves import Level, Location, Page

Unexplained = Literal["ask", "adopt", "reject"]
"""What becomes of units that nothing explains: an operator is asked, or one answer is always given."""


class Shelves(Protocol):
    """A shop's stock. Safe for several threads. Any method may raise `ChannelError`, within `CALL_BUDGET`."""

    def adjust(self, intent: Intent) -> Outcome:
        """Change what a location has of an item, if it has `change_from`."""
        ...

    def levels_of(self, items: Sequence[str], location: str) -> tuple[Level, ...]:
        """Return what a location has of `items`; those it does not stock are left out."""
        ...

    def locations(self, after: str | None = None) -> Page[Location]:
        """Return a page of the shop's locations behind the cursor `after`."""
        ...


class Shop(msgspec.Struct, frozen=True):
    """One shop of one tenant. A new one observes: nothing is sent until a person says so (`channels.switchboard`).

    `location` is where stock is changed, None where the shop has only one.
    """

    tenant: str
    domain: str
    client: Shelves
    mode: Mode = Mode.OBSERVE
    location: str | None = None
    unexplained: Unexplained = "ask"
