"""A visit to a seller's desk: by a process that is woken for it, does what time allows, and goes.

The lease is taken and given back within the visit. What is left is told as the time to come again: who was woken must
see to it that he is woken again then.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta

import msgspec
import structlog

from channels.desk import Desk, SellerRound
from channels.offers import SENT_WITHIN
from processor.errors import Retryable
from stock.identities import Sku

RESERVED = SENT_WITHIN + timedelta(seconds=2)
"""No call begins with less time left than one may take."""

PATIENCE = timedelta(seconds=5)
"""A pause up to so long is waited out; for a longer one it is better to come again."""

TAKEN = timedelta(seconds=2)
"""When to come again where another tends the seller: he may have looked at what is due before it was."""

WALKING = timedelta(seconds=20)
"""When to come again for a feed, or for listings that are looked at at leisure: some requests have gathered by then."""

STROLL, STROLLS = timedelta(seconds=2), 3
"""So long, and so often in a visit, is waited for such requests: who comes new has none at first."""

_log = structlog.get_logger("channels.visits")


class Visit(msgspec.Struct):
    """What was done. `again`: after how long to come again, None where nothing was left to do."""

    held: bool = False
    accepted: int = 0
    rejected: int = 0
    would_tell: int = 0
    again: timedelta | None = None

    def add(self, round_: SellerRound) -> None:
        """Count one round."""
        self.held = self.held or round_.held
        self.accepted, self.rejected = self.accepted + round_.accepted, self.rejected + round_.rejected
        self.would_tell += round_.would_tell


def visit(desk: Desk, skus: Iterable[Sku], left: Callable[[], timedelta], sleep: Callable[[float], None]) -> Visit:
    """Tell the seller's listings what is due until nothing is, or `left` answers that time runs out.

    `skus` are looked at in any case: the index of what is due may not show them yet.

    Raises Retryable where the store failed: another visit is right then. The seller is free afterwards in any case.
    """
    visited = Visit()
    for sku in skus:
        desk.moved(sku)
    try:
        _rounds(desk, left, sleep, visited)
    finally:
        _leave(desk)
    return visited


def _rounds(desk: Desk, left: Callable[[], timedelta], sleep: Callable[[float], None], visited: Visit) -> None:
    def late() -> bool:
        return left() < RESERVED

    strolls = 0
    while True:
        round_ = desk.round(late)
        visited.add(round_)
        if round_.off:
            return
        visited.again = TAKEN if not round_.held else round_.again
        if not round_.held:
            return
        if visited.again is None:
            if round_.walks and strolls < STROLLS and left() - STROLL >= RESERVED:
                strolls += 1
                sleep(STROLL.total_seconds())
                continue
            if round_.walks or round_.carries:
                visited.again = WALKING
            if late():  # the round may have ended for that, with more to do
                visited.again = timedelta()
            return
        if visited.again > PATIENCE or left() - visited.again < RESERVED:
            return
        sleep(visited.again.total_seconds())


def _leave(desk: Desk) -> None:
    """Let the next one take over at once; where that fails, the lease runs out by itself."""
    try:
        desk.leave()
    except Retryable as error:
        _log.warning("dispatch.lease_kept", tenant=desk.seller.tenant, reason=str(error))
