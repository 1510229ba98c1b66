"""What the small Shopify knows: one shop's goods and places, the keys it has seen, and every change of a level."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from time import monotonic as system_monotonic

import msgspec

from channels.limits import Monotonic
from channels.simulators.shopify.adjusting import AskedAdjustment, Wrong, judge
from channels.simulators.shopify.cost import Account, Plan
from channels.simulators.shopify.faults import FaultPlan
from channels.simulators.shopify.goods import Stock, order_payload
from channels.simulators.shopify.shelves import MAIN, Shelves
from processor.clock import Clock, Instant, system_clock

KEY_LIFE = timedelta(hours=24)
"""How long a key is remembered: "Implementing idempotency"."""

_FIRST_ORDER = 9_007_199_254_740_993_000
"""Ids of orders pass 2^53, as Shopify's may."""


class Adjustment(msgspec.Struct, frozen=True):
    """An adjustment that was made."""

    id: str
    at: Instant
    asked: AskedAdjustment
    after: tuple[int, ...]


class Hook(msgspec.Struct, frozen=True):
    """A webhook subscription; `topic` as in the GraphQL API."""

    id: str
    topic: str
    uri: str


class SimulatedShopify(Shelves):
    """One shop with one app. Safe for several threads. Faults planned in `faults` strike by `seed`.

    Where `honours_keys` is False, a key is demanded and ignored: whatever is asked is done again.
    """

    def __init__(  # noqa: PLR0913 - what a shop is made of
        self,
        *,
        seed: int = 0,
        domain: str = "small-shop.myshopify.com",
        token: str = "shpat_simulated",  # noqa: S107 - of nobody
        secret: str = "shpss_simulated",  # noqa: S107 - the same
        honours_keys: bool = True,
        plan: Plan | None = None,
        clock: Clock = system_clock,
        monotonic: Monotonic = system_monotonic,
    ) -> None:
        super().__init__(clock)
        self.domain, self.token, self.secret, self.honours_keys = domain, token, secret, honours_keys
        self.seed, self.faults = seed, FaultPlan(seed)
        self.account = Account(plan or Plan(), monotonic)
        self._monotonic = monotonic
        self._hooks: dict[str, Hook] = {}
        self._keys: dict[str, tuple[float, Adjustment]] = {}
        self._taken: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()
        self._numbers, self._orders = count(1), count(1)
        self._under_way = 0

    def adjust(self, asked: AskedAdjustment, key: str) -> Adjustment | list[Wrong]:
        """Make all changes of an adjustment or none; with a key that is remembered, answer as the first time.

        A key is remembered with the adjustment it made; what was not made is judged anew.
        """
        with self._lock:
            self._asked[key] += 1
            remembered = self._remembered(key)
            if remembered is not None:
                if remembered.asked == asked:
                    return remembered
                told = "The same idempotency key cannot be used with different operation parameters."
                return [Wrong("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", ("input",), told)]
            if wrong := judge(asked, self):
                return wrong
            after = tuple(self.move(one.item, one.location, one.delta, "adjustment", key) for one in asked.changes)
            number = f"gid://shopify/InventoryAdjustmentGroup/{next(self._numbers)}"
            adjustment = Adjustment(number, self._clock(), asked, after)
            self._taken[key] += 1
            self._keys[key] = (self._monotonic(), adjustment)
            return adjustment

    def _remembered(self, key: str) -> Adjustment | None:
        made_at, made = self._keys.get(key, (0.0, None))
        fresh = self._monotonic() - made_at < KEY_LIFE.total_seconds()
        return made if self.honours_keys and fresh else None

    def sell(self, lines: Sequence[tuple[str, int]], location: str = MAIN) -> int:
        """Sell so many of each SKU, as customers do, even what is not there. Returns the order's number.

        A good without a SKU goes by its variant's number. Told as orders/create, and each level as
        inventory_levels/update. Raises KeyError for an unknown SKU or location.
        """
        with self._lock:
            self.place(location)
            goods = [(self.known(sku), quantity) for sku, quantity in lines]
            number = next(self._orders)
            order = _FIRST_ORDER + number * 1000
            self.tell("orders/create", order_payload(order, f"#{1000 + number}", goods, self._clock()))
            for good, quantity in goods:
                if good.tracked and (good.item, location) in self._stock:
                    self.move(good.item, location, -quantity, "sale")
            return order

    def edit(self, sku: str, available: int, location: str = MAIN) -> None:
        """Set a level, as somebody in the shop's admin does. Told as inventory_levels/update.

        Raises KeyError for an unknown SKU or location.
        """
        with self._lock:
            self.place(location)
            good = self.known(sku)
            present = self._stock.setdefault((good.item, location), Stock(good.item, location, 0, self._clock()))
            self.move(good.item, location, available - present.available, "edit")

    def subscribe(self, topic: str, uri: str) -> Hook | None:
        """Subscribe `uri` to a topic, None where it is already."""
        with self._lock:
            if any(hook.topic == topic and hook.uri == uri for hook in self._hooks.values()):
                return None
            hook = Hook(f"gid://shopify/WebhookSubscription/{1_000_000 + next(self._numbers)}", topic, uri)
            self._hooks[hook.id] = hook
            return hook

    def hooks(self, topic: str | None = None) -> list[Hook]:
        """Return the subscriptions, of one topic or of all."""
        with self._lock:
            return [hook for hook in self._hooks.values() if topic in (None, hook.topic)]

    @property
    def taken(self) -> dict[str, int]:
        """How often the adjustment of each key was made."""
        with self._lock:
            return dict(self._taken)

    @property
    def asked(self) -> dict[str, int]:
        """How often each key came, made or not."""
        with self._lock:
            return dict(self._asked)

    @property
    def requests(self) -> dict[str, int]:
        """How many requests came, by the field at their root, and how many of all were `throttled`."""
        with self._lock:
            return dict(self._requests)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Take note that a request is under way, until the block ends."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    @property
    def under_way(self) -> int:
        """How many requests are not answered yet, be it that nobody waits for them any more."""
        with self._lock:
            return self._under_way

    def count(self, *names: str) -> None:
        """Take note of a request."""
        with self._lock:
            self._requests.update(names)
