"""One change of a shop's stock, from the intent to its outcome.

An intent is written down before it is first sent, and every retry repeats it exactly. Two guards keep it from being
taken twice: the key, which Shopify remembers for a day, and the quantity it must find, which holds where the key is
forgotten or not honoured. The second is blind where somebody else brings the quantity back in between. So a Mismatched
that answers the first try tells that nothing was changed. One that answers a retry after an unknown outcome tells
nothing: an earlier try may be why, or may yet arrive. It is for a person to look at, and never sent again. An item has
one intent at a time, and after an unknown outcome the next one waits until nothing of it can be on its way: what a
request that was given up must find could otherwise be brought back by our own next change.
"""

import re
from typing import Literal

import msgspec

MAX_DELTA = 1_000_000_000
MAX_KEY, MAX_REFERENCE = 255, 255

Reason = Literal[
    "correction", "cycle_count_available", "damaged", "other", "promotion", "quality_control", "received", "restock",
    "safety_stock", "shrinkage",
]  # fmt: skip
"""Why stock is changed: "Set inventory quantities: reasons" in Shopify's documentation, those that fit a program."""

_KEY = re.compile(rf"[!-~]{{1,{MAX_KEY}}}")
_REFERENCE = re.compile(r"[a-z][a-z0-9+.-]*://[!-~]+")


class Intent(msgspec.Struct, frozen=True):
    """Change what `location` has available of `item` by `delta`, if it has `change_from` now.

    Ids are digits. `reference` is a URI of our own that tells what caused it, for the shop's history.
    """

    key: str
    item: str
    location: str
    delta: int
    change_from: int
    reference: str
    reason: Reason = "correction"

    def __post_init__(self) -> None:
        """Refuse what Shopify would refuse, or would answer without saying anything."""
        if not _KEY.fullmatch(self.key):
            raise ValueError(f"a key is 1 to {MAX_KEY} visible characters, not {self.key!r}")
        if not 0 < abs(self.delta) <= MAX_DELTA or abs(self.change_from) > MAX_DELTA:
            raise ValueError(f"no change of stock: {self.delta} from {self.change_from}")
        if not _REFERENCE.fullmatch(self.reference) or len(self.reference) > MAX_REFERENCE:
            raise ValueError(f"a reference is a URI of at most {MAX_REFERENCE} characters, not {self.reference!r}")


class Applied(msgspec.Struct, frozen=True):
    """The change is made, by this request or by an earlier one with the same key.

    `quantity_after` is what was available after it, None where the shop does not say; `group` the shop's own id for it.
    """

    quantity_after: int | None
    group: str


class Mismatched(msgspec.Struct, frozen=True):
    """The quantity is not the one expected: this request changed nothing. An earlier one may be why."""

    detail: str


Outcome = Applied | Mismatched
