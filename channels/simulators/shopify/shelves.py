"""The shelves of a small Shopify: goods, places, what is where, and every change of it."""

from collections import deque
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any

import msgspec

from channels.simulators.shopify.goods import Good, Place, Stock, Taken, level_payload, product_payload
from processor.clock import Clock

MAIN = "48752903"
"""The location that every shop begins with."""

_REMEMBERED = 100_000

Tell = Callable[[str, Mapping[str, Any]], None]
"""Hears of an event: its topic and the body of its deliveries."""


class Shelves:
    """Goods, places and levels. Safe for several threads."""

    def __init__(self, clock: Clock) -> None:
        self.tell: Tell = lambda topic, body: None  # noqa: ARG005 - until somebody listens
        self._clock, self._lock = clock, RLock()
        self._places: dict[str, Place] = {}
        self._goods: dict[str, Good] = {}
        self._stock: dict[tuple[str, str], Stock] = {}
        self._history: deque[Taken] = deque(maxlen=_REMEMBERED)
        self.put_place(MAIN, "Main street")

    def put_place(self, id_: str, name: str, *, active: bool = True) -> None:
        """Create or replace a location."""
        with self._lock:
            self._places[id_] = Place(id_, name, active)

    def put_good(
        self,
        sku: str | None,
        available: Mapping[str, int] | int | None = 0,
        *,
        tracked: bool = True,
        bundle: bool = False,
    ) -> Good:
        """Create a product with one variant, stocked as told by location; a number is for MAIN, None stocks nowhere.

        Told as products/create.
        """
        shelves = {MAIN: available} if isinstance(available, int) else available or {}
        with self._lock:
            number = len(self._goods) + 1
            good = Good(
                sku, str(788_032_119_000 + number), str(39_072_856_000 + number), str(43_729_076_000 + number),
                tracked, bundle,
            )  # fmt: skip
            self._goods[good.item] = good
            at = self._clock()
            for location, quantity in shelves.items():
                self._stock[good.item, location] = Stock(good.item, location, quantity, at)
            self.tell("products/create", product_payload(good, at))
            return good

    def good(self, item: str) -> Good | None:
        """Return the good whose item it is."""
        return self._goods.get(item)

    def good_of(self, sku: str) -> Good | None:
        """Return the first good that has this SKU, or whose variant has this number."""
        with self._lock:
            return next((good for good in self._goods.values() if sku in (good.sku, good.variant)), None)

    def goods(self) -> list[Good]:
        """Return every good, oldest first."""
        with self._lock:
            return list(self._goods.values())

    def has_place(self, location: str) -> bool:
        """Whether there is such a location."""
        return location in self._places

    def place(self, location: str) -> Place:
        """Return a location. Raises KeyError where there is none."""
        return self._places[location]

    def places(self) -> list[Place]:
        """Return every location, oldest first."""
        with self._lock:
            return list(self._places.values())

    def stock(self, item: str, location: str) -> Stock | None:
        """Return a copy of the level, None where the item is not stocked there."""
        with self._lock:
            found = self._stock.get((item, location))
            return msgspec.structs.replace(found) if found else None

    def stocked(self, location: str | None = None) -> list[Stock]:
        """Return copies of the levels, of one location or of all."""
        with self._lock:
            return [msgspec.structs.replace(stock) for (_, at), stock in self._stock.items() if location in (None, at)]

    def available(self, item: str, location: str = MAIN) -> int | None:
        """Return what is available, None where the item is not stocked."""
        found = self.stock(item, location)
        return found.available if found else None

    @property
    def history(self) -> tuple[Taken, ...]:
        """Every change of a level, oldest first."""
        with self._lock:
            return tuple(self._history)

    def known(self, sku: str) -> Good:
        """Return what `good_of` does. Raises KeyError where there is none."""
        found = self.good_of(sku)
        if found is None:
            raise KeyError(sku)
        return found

    def move(self, item: str, location: str, delta: int, by: str, key: str | None = None) -> int:
        """Change a level that is there, note by whom, and tell of it; return what is available then."""
        stock, at = self._stock[item, location], self._clock()
        stock.available += delta
        stock.at = at
        self._history.append(Taken(at, item, location, delta, stock.available, by, key))
        self.tell("inventory_levels/update", level_payload(stock))
        return stock.available
