"""What a shop has and where: variants, places, levels, and whom it tells of changes."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Generic, TypeVar

import msgspec

from channels.errors import Throttled
from processor.clock import Instant

Row = TypeVar("Row")

MAX_PAGES = 100_000
_BREATH = timedelta(seconds=1)


class Variant(msgspec.Struct, frozen=True):
    """A variant with its inventory item. `sku` is None where it has none; a `bundle` has no stock of its own."""

    id: str
    product: str
    sku: str | None
    item: str
    tracked: bool
    bundle: bool = False


class Location(msgspec.Struct, frozen=True):
    """A place that holds stock."""

    id: str
    name: str
    active: bool = True


class Level(msgspec.Struct, frozen=True):
    """What a location has available of an item; None where the shop does not say."""

    item: str
    location: str
    available: int | None
    updated_at: Instant | None = None


class Subscription(msgspec.Struct, frozen=True):
    """Deliveries of one topic to one address. `topic` as in X-Shopify-Topic, like `orders/create`."""

    id: str
    topic: str
    uri: str


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """Some rows in the shop's order. `after` leads to the next page, None behind the last."""

    rows: tuple[Row, ...]
    after: str | None = None


def walk(
    page: Callable[[str | None], Page[Row]], pause: Callable[[timedelta], object], most: int = MAX_PAGES
) -> Iterator[Row]:
    """Yield every row of every page, waiting with `pause` where the shop, or its allowance, asks for it.

    Raises what `page` raises but Throttled, and ValueError for a walk that leads in a circle or past `most` pages.
    """
    after: str | None = None
    for _ in range(most):
        found = _patiently(page, after, pause)
        yield from found.rows
        if found.after is None:
            return
        if found.after == after:
            raise ValueError("the next page is the same page")
        after = found.after
    raise ValueError(f"there are more than {most} pages")


def _patiently(
    page: Callable[[str | None], Page[Row]], after: str | None, pause: Callable[[timedelta], object]
) -> Page[Row]:
    while True:
        try:
            return page(after)
        except Throttled as error:
            pause(error.retry_after or _BREATH)
