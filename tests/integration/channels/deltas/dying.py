"""Shops whose calls end the process, or during which something else happens."""

from collections.abc import Callable, Sequence

from channels.deltas.shops import Shelves
from channels.shopify.intents import Intent, Outcome
from channels.shopify.shelves import Level, Location, Page
from tests.integration.channels.accidents import Killed, Trap


class MeanwhileShelves:
    """A client that tells of its intents, and lets something happen before they are sent."""

    def __init__(
        self,
        client: Shelves,
        *,
        before_adjust: Callable[[], object] = lambda: None,
        after_look: Callable[[], object] = lambda: None,
        heard: Callable[[Intent], object] = lambda _: None,
    ) -> None:
        self.client, self._before, self._heard = client, before_adjust, heard
        self._after_look = after_look

    def adjust(self, intent: Intent) -> Outcome:
        self._before()
        self._heard(intent)
        return self.client.adjust(intent)

    def levels_of(self, items: Sequence[str], location: str) -> tuple[Level, ...]:
        levels = self.client.levels_of(items, location)
        self._after_look()
        return levels

    def locations(self, after: str | None = None) -> Page[Location]:
        return self.client.locations(after)


class DyingShelves(MeanwhileShelves):
    """A client whose process is killed around a change."""

    def __init__(self, client: Shelves, trap: Trap, *, after: bool) -> None:
        super().__init__(client)
        self._trap, self._late = trap, after

    def adjust(self, intent: Intent) -> Outcome:
        if not self._trap.springs():
            return super().adjust(intent)
        if self._late:
            super().adjust(intent)
        raise Killed
