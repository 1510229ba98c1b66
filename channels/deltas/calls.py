"""Calls to one shop, each only while a tenure outlasts it; and where its stock is changed."""

from collections.abc import Sequence

from channels.deltas.shops import Shop
from channels.errors import Refused
from channels.shopify.intents import Intent, Outcome
from channels.tenure import Tenure

NO_LOCATION = "LOCATION_NOT_CHOSEN"


class Calls:
    """Raise LeaseLost where the shop is held no longer, and ChannelError as `Shelves` does. For one thread."""

    def __init__(self, shop: Shop, tenure: Tenure) -> None:
        self._shop, self._tenure = shop, tenure
        self._location = shop.location

    @property
    def location(self) -> str:
        """Where stock is changed: as was chosen, or the shop's only active location."""
        if self._location is None:
            self._location = self._only()
        return self._location

    def ensure(self) -> None:
        """Make sure that the shop is held for a call that begins now. Raises LeaseLost."""
        self._tenure.ensure()

    def adjust(self, intent: Intent) -> Outcome:
        """Change what a location has."""
        self._tenure.ensure()
        return self._shop.client.adjust(intent)

    def available(self, item: str) -> int | None:
        """Return what the location has of `item`, None where it is not stocked there."""
        return self.available_of([item]).get(item)

    def available_of(self, items: Sequence[str]) -> dict[str, int]:
        """Return what the location has of those of `items` that are stocked there."""
        location = self.location
        self._tenure.ensure()
        levels = self._shop.client.levels_of(items, location)
        return {level.item: level.available for level in levels if level.available is not None}

    def _only(self) -> str:
        found: list[str] = []
        after: str | None = None
        while True:
            self._tenure.ensure()
            page = self._shop.client.locations(after)
            found += [location.id for location in page.rows if location.active]
            if len(found) > 1 or page.after is None:
                break
            after = page.after
        if len(found) != 1:
            detail = f"{self._shop.domain} has {'several locations' if found else 'no location'}: choose one"
            raise Refused("locations", NO_LOCATION, detail, retry=True)
        return found[0]
