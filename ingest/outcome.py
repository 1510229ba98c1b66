"""What became of something that came in: a value, whichever way it came."""

from typing import Literal

import msgspec

from processor.log import Appended, Conflict
from processor.receipts import Buffered, Receipt
from stock.identities import Sku

RefusalCode = Literal["invalid", "invalid_json", "unauthorized"]


class Item(msgspec.Struct, frozen=True):
    """One line of what came in, with a receipt per fact it led to: none where it stores nothing.

    `sku` is None where the line names no known SKU.
    """

    sku: Sku | None
    quantity: int
    receipts: tuple[Receipt, ...] = ()

    @property
    def status(self) -> Literal["recorded", "buffered", "duplicate", "conflict", "nothing"]:
        """What became of the line: `recorded` where any of its facts is new, `buffered` where one may be."""
        outcomes = [receipt.outcome for receipt in self.receipts]
        if any(isinstance(outcome, Conflict) for outcome in outcomes):
            return "conflict"
        if any(isinstance(outcome, Buffered) for outcome in outcomes):
            return "buffered"
        if any(isinstance(outcome, Appended) for outcome in outcomes):
            return "recorded"
        return "duplicate" if outcomes else "nothing"


class Taken(msgspec.Struct, frozen=True):
    """Everything new in it is durable. `tx` is the whole's identity.

    `vendor`: a shop sent it, so a conflict is a person's to settle and not the sender's.
    """

    tenant: str
    tx: str
    items: tuple[Item, ...]
    vendor: bool = False

    @property
    def is_new(self) -> bool:
        """Whether every line that has a SKU led to something new, so far as that is known."""
        return all(item.status in ("recorded", "buffered") for item in self.items if item.sku is not None)


class Ignored(msgspec.Struct, frozen=True):
    """Genuine, understood to be of no interest: nothing was stored."""

    topic: str


class Refused(msgspec.Struct, frozen=True):
    """Nothing was stored. `field` names what was wrong in the body; `hint` says what to do."""

    code: RefusalCode
    message: str
    field: str | None = None
    hint: str | None = None


Outcome = Taken | Ignored | Refused
