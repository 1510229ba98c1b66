"""What `syncstate connect` tells of a channel: what was read, what is to be done or was done, and what to mend."""

from collections.abc import Sequence
from typing import Any

import msgspec

from stock.identities import Channel
from stock.mapping_health import KINDS, sentence
from syncstate.cli.sending import Tally
from syncstate.connecting.comparing import REASONS, Compared, Judged


class Told(msgspec.Struct, frozen=True, rename="camel"):
    """A subscription: `there` before, `missing`, `elsewhere` (to another address), `made` now, `refused` and why."""

    topic: str
    status: str
    reason: str | None = None


class Account(msgspec.Struct):
    """The whole of one connection. `done` is None in a dry run.

    `more` is what one channel alone has, for programs; `facts` and `sentences` the same for a person. `left` counts
    what was to be done and could not be.
    """

    channel: Channel
    who: str
    compared: Compared
    subscriptions: Sequence[Told]
    done: Tally | None = None
    more: dict[str, Any] = {}
    facts: Sequence[tuple[str, str | int]] = ()
    sentences: Sequence[str] = ()
    left: int = 0

    @property
    def chosen(self) -> list[Judged]:
        """What is to be mapped."""
        return self.compared.of("map")

    @property
    def well(self) -> bool:
        """Whether all that was asked for was done."""
        refused = any(one.status == "refused" for one in self.subscriptions)
        return not refused and (self.done is None or not self.done.refused) and not self.left

    @property
    def different(self) -> list[Judged]:
        """The mapped ones, and those to be mapped, whose SKU is counted and that show another number."""
        return [one for one in self.compared.of("map", "mapped") if one.differs]

    @property
    def findings(self) -> dict[str, int]:
        """How many findings there are of each kind."""
        return {kind: sum(one.kind == kind for one in self.compared.findings) for kind in KINDS}

    def summary(self) -> dict[str, Any]:
        """Return the account for programs."""
        told = self.different
        return {
            "ok": self.well,
            "channel": self.channel,
            "account": self.who,
            "dryRun": self.done is None,
            "read": len(self.compared.judged),
            "verdicts": self.compared.counts,
            "map": [_shown(one) for one in self.chosen],
            "leftAlone": [
                _shown(one) | {"verdict": one.verdict, "reason": REASONS[one.verdict]}
                for one in self.compared.judged
                if one.verdict not in ("map", "mapped")
            ],
            "differ": {"count": len(told), "toZero": emptied(self), "listings": [_shown(one) for one in told]},
            "health": {
                "counts": self.findings,
                "findings": [
                    {"kind": one.kind, "listings": one.listings, "skus": one.skus, "advice": sentence(one)}
                    for one in self.compared.findings
                ],
            },
            "subscriptions": [msgspec.to_builtins(one) for one in self.subscriptions],
            "mapped": None if self.done is None else dict(self.done.facts),
            "problems": [] if self.done is None else [problem.told for problem in self.done.problems],
            **self.more,
        }


def _shown(one: Judged) -> dict[str, Any]:
    known = one.known
    return {
        "listing": one.found.listing,
        "called": one.found.called,
        "sku": one.sku if one.sku is not None else one.found.sku,
        "shows": one.found.quantity,
        "counted": known is not None and known.counted,
        "here": known.broadcast if known is not None and known.counted else None,
    }


def emptied(account: Account) -> int:
    """Return how many listings that show something have a counted SKU of which nothing is left."""
    return sum(
        1 for one in account.different if one.known is not None and not one.known.broadcast and one.found.quantity
    )
