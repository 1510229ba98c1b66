"""What the sender of an order is told: the numbers right after it."""

from collections.abc import Sequence

from pydantic import Field

from ingest.outcome import Item, Taken
from processor.log import Appended
from processor.receipts import Buffered
from projections.inventory.documents import Numbers, numbers
from projections.inventory.queries import InventoryQueries
from stock.identities import Sku
from web.answers import Answer, ErrorAnswer


class OrderAnswer(Answer):
    """What a request has changed. `queued` counts its items, `duplicates` those that were known before.

    `inventoryAfter` is the physical stock after it, per SKU. Where it is durable but not counted yet, `pending` is
    true and the quantity null.
    """

    ok: bool = True
    success: bool = True
    tx: str | None = None
    queued: int = 0
    duplicates: int = 0
    inventory_after: dict[str, int | None] = Field(default_factory=dict)
    broadcast_after: dict[str, int | None] = Field(default_factory=dict)
    pending: bool = False


class IgnoredAnswer(OrderAnswer):
    """A delivery on a topic that changes nothing here."""

    ignored: str


class LineResult(Answer):
    """What became of one line: `recorded`, `duplicate`, `conflict`, or `nothing` where there was nothing to store.

    Or `buffered`: durable, and recorded or found a duplicate as soon as the store is less busy.
    """

    sku: str | None
    quantity: int
    status: str


class ConflictAnswer(OrderAnswer, ErrorAnswer):
    """Some lines were told before with another quantity. The others took effect."""

    ok: bool = False
    success: bool = False
    results: tuple[LineResult, ...]


def answer_of(taken: Taken, inventory: InventoryQueries) -> OrderAnswer:
    """Return the answer to an order that was taken; `inventory` tells the numbers of what was known before."""
    after = _after(taken, inventory)
    statuses = [item.status for item in taken.items]
    answer = OrderAnswer(
        tx=taken.tx,
        queued=len(taken.items),
        duplicates=statuses.count("duplicate"),
        inventory_after={sku: found and found.physical for sku, found in after.items()},
        broadcast_after={sku: found and found.broadcast for sku, found in after.items()},
        pending=None in after.values(),
    )
    if taken.vendor or "conflict" not in statuses:
        return answer
    return _conflict(answer, taken.items, statuses)


def _conflict(answer: OrderAnswer, items: Sequence[Item], statuses: Sequence[str]) -> ConflictAnswer:
    first = statuses.index("conflict")
    results = (LineResult(sku=i.sku, quantity=i.quantity, status=s) for i, s in zip(items, statuses, strict=True))
    return ConflictAnswer(
        **answer.model_dump(by_alias=False, exclude={"ok", "success"}),
        error=f"{items[first].sku}: order {answer.tx} was recorded before with another quantity",
        code="conflict",
        field=f"items[{first}].quantity",
        hint="an orderId names one order for ever: send a changed order under a new one",
        results=tuple(results),
    )


def _after(taken: Taken, inventory: InventoryQueries) -> dict[Sku, Numbers | None]:
    """Return the numbers right after the newest fact of each SKU, or its present ones where nothing was new."""
    after: dict[Sku, Numbers | None] = {}
    present: list[Sku] = []
    for sku, item in ((item.sku, item) for item in taken.items if item.sku is not None):
        new = [receipt for receipt in item.receipts if isinstance(receipt.outcome, Appended | Buffered)]
        if new:
            found = new[-1].after
            after[sku] = found if isinstance(found, Numbers) else None
        else:
            present.append(sku)
    known = (
        inventory.several(taken.tenant, unanswered) if (unanswered := [s for s in present if s not in after]) else {}
    )
    for sku in unanswered:
        after[sku] = numbers(known[sku]) if sku in known else _NOTHING
    return after


_NOTHING = Numbers(physical=0, buffer=0, broadcast=0, oversold=0, counted=False, version=0)
"""A SKU that nothing ever happened to reads as zeros."""
