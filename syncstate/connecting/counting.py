"""Opening counts from a shop's levels: of SKUs that nobody has counted, and only while nothing happens to them.

A SKU's version is read first, then the shop's level, and after a while the count is stated upon that version. What was
sold before the level was read has most likely been told by then, and makes the count stale: it is taken anew.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from ingest.imports.rows import FileFact, Row
from stock.identities import MAX_QUANTITY, Sku
from syncstate.cli.connection import Api
from syncstate.cli.sending import send
from syncstate.connecting.comparing import Judged
from syncstate.connecting.here import NAMED, Known, read_some
from syncstate.connecting.shopify import Shop

ROUNDS = 5
CHUNK = 500
TX = "connect:shopify:count"
"""The identity of a SKU's opening count: there is one, ever."""


class Counted(msgspec.Struct):
    """What became of the SKUs that were to be counted."""

    counted: int = 0
    before: int = 0
    moved: tuple[str, ...] = ()
    """Sold or returned whenever they were to be counted."""
    unfit: dict[str, str] = {}
    """Whose level at the shop cannot be a count, and why."""


def to_count(judged: Sequence[Judged]) -> list[Judged]:
    """Return what has a SKU here, or is to have one, that nobody has counted."""
    return [one for one in judged if one.verdict in ("map", "mapped") and (one.known is None or not one.known.counted)]


def unfit_reason(level: int | None) -> str | None:
    """Return why a level cannot be a count, None where it can."""
    if level is None:
        return "not stocked at the location"
    if level < 0:
        return f"below zero ({level})"
    return f"more than {MAX_QUANTITY:,}" if level > MAX_QUANTITY else None


class Counting:
    """Takes opening counts from the levels of one location."""

    def __init__(self, api: Api, shop: Shop, location: str, rest: Callable[[], object]) -> None:
        """`rest` waits for the time in which nothing may happen to a SKU for its count to hold."""
        self._api, self._shop, self._location, self._rest = api, shop, location, rest

    def count(self, chosen: Sequence[Judged], told: Callable[[int], None]) -> Counted:
        """Count every one of `chosen`. Doing it again counts those that are left. Raises Failure and ChannelError."""
        account = Counted()
        for begin in range(0, len(chosen), CHUNK):
            some = chosen[begin : begin + CHUNK]
            left = {one.sku or "": one.found.listing for one in some}
            for _ in range(ROUNDS):
                left = self._round(left, account) if left else {}
            account.moved += tuple(left)
            told(begin + len(some))
        return account

    def _round(self, left: dict[str, str], account: Counted) -> dict[str, str]:
        """Count what can be, each name with its item; return what moved meanwhile."""
        known = dict(_versions(self._api, list(left)))
        uncounted = {name: item for name, item in left.items() if name not in known or not known[name].counted}
        account.before += len(left) - len(uncounted)
        levels = self._shop.levels_of(list(uncounted.values()), self._location)
        reasons = {name: unfit_reason(levels.get(item)) for name, item in uncounted.items()}
        account.unfit |= {name: reason for name, reason in reasons.items() if reason is not None}
        fit = {name: item for name, item in uncounted.items() if reasons[name] is None}
        if not fit:
            return {}
        self._rest()
        rows = [_row(number, name, levels[item], known.get(name)) for number, (name, item) in enumerate(fit.items(), 1)]
        tally = send(self._api, rows, lambda _: None)
        stale = {str(one.fact.sku) for one in tally.problems if one.status == "stale"}
        account.counted += tally.imported
        account.before += len(fit) - tally.imported - len(stale)
        return {name: item for name, item in fit.items() if name in stale}


def _versions(api: Api, names: Sequence[str]) -> Iterator[tuple[str, Known]]:
    for begin in range(0, len(names), NAMED):
        yield from read_some(api, "shopify", names[begin : begin + NAMED]).items()


def _row(number: int, name: str, level: int | None, known: Known | None) -> Row:
    fields = {"count": level, "expectedVersion": known.version if known is not None else 0}
    return Row(number, (FileFact("count", Sku(name), fields, TX),))
