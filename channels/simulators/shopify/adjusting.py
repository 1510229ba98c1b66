"""How the small Shopify judges an adjustment, before it is made."""

import re

import msgspec

from channels.simulators.shopify.shelves import Shelves

MAX_QUANTITY = 2_000_000_000
REASONS = frozenset(
    {
        "correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created", "movement_received",
        "movement_updated", "other", "promotion", "quality_control", "received", "reservation_created",
        "reservation_deleted", "reservation_updated", "restock", "safety_stock", "shrinkage",
    }
)  # fmt: skip

_URI = re.compile(r"[a-z][a-z0-9+.-]*://[!-~]+")
_OWN = "gid://shopify/"


class AskedChange(msgspec.Struct, frozen=True):
    """One change asked for; `change_from` None compares nothing."""

    item: str
    location: str
    delta: int
    change_from: int | None
    ledger: str | None = None


class AskedAdjustment(msgspec.Struct, frozen=True):
    """All changes of one mutation: they are made together or not at all."""

    name: str
    reason: str
    reference: str | None
    changes: tuple[AskedChange, ...]


class Wrong(msgspec.Struct, frozen=True):
    """A user error."""

    code: str
    field: tuple[str, ...]
    message: str


def judge(asked: AskedAdjustment, shelves: Shelves) -> list[Wrong]:
    """Return what is wrong with an adjustment, nothing where it can be made."""
    return _around(asked) or [
        wrong
        for place, change in enumerate(asked.changes)
        if (wrong := _of_change(change, ("input", "changes", str(place)), shelves)) is not None
    ]


def _around(asked: AskedAdjustment) -> list[Wrong]:
    wrong = []
    if asked.name != "available":
        wrong.append(Wrong("INVALID_QUANTITY_NAME", ("input", "name"), "The specified quantity name is invalid."))
    if asked.reason not in REASONS:
        wrong.append(Wrong("INVALID_REASON", ("input", "reason"), "The specified reason is invalid."))
    uri = asked.reference
    if uri is not None and (not _URI.fullmatch(uri) or uri.startswith(_OWN)):
        place = ("input", "referenceDocumentUri")
        wrong.append(Wrong("INVALID_REFERENCE_DOCUMENT", place, "The specified reference document is invalid."))
    return wrong


def _of_change(change: AskedChange, place: tuple[str, ...], shelves: Shelves) -> Wrong | None:
    if change.ledger is not None:
        told = "A ledger document URI is not allowed when adjusting available."
        return Wrong("INVALID_AVAILABLE_DOCUMENT", (*place, "ledgerDocumentUri"), told)
    stock = shelves.stock(change.item, change.location)
    return _unknown(change, place, shelves) or (
        _unstocked(place) if stock is None else _unfit(change, place, stock.available)
    )


def _unknown(change: AskedChange, place: tuple[str, ...], shelves: Shelves) -> Wrong | None:
    good = shelves.good(change.item)
    if good is None:
        told = "The specified inventory item could not be found."
        return Wrong("INVALID_INVENTORY_ITEM", (*place, "inventoryItemId"), told)
    if not shelves.has_place(change.location):
        return Wrong("INVALID_LOCATION", (*place, "locationId"), "The specified location could not be found.")
    if good.bundle:
        told = "The specified inventory item is not allowed to be adjusted via API."
        return Wrong("NON_MUTABLE_INVENTORY_ITEM", (*place, "inventoryItemId"), told)
    return None


def _unstocked(place: tuple[str, ...]) -> Wrong:
    told = "The specified inventory item is not stocked at the location."
    return Wrong("ITEM_NOT_STOCKED_AT_LOCATION", (*place, "locationId"), told)


def _unfit(change: AskedChange, place: tuple[str, ...], available: int) -> Wrong | None:
    if change.change_from is not None and change.change_from != available:
        told = "The changeFromQuantity argument no longer matches the persisted quantity."
        return Wrong("CHANGE_FROM_QUANTITY_STALE", (*place, "changeFromQuantity"), told)
    after = available + change.delta
    if after > MAX_QUANTITY:
        told = "The quantity can't be higher than 2,000,000,000."
        return Wrong("INVALID_QUANTITY_TOO_HIGH", (*place, "delta"), told)
    if after < -MAX_QUANTITY:
        told = "The quantity can't be lower than -2,000,000,000."
        return Wrong("INVALID_QUANTITY_TOO_LOW", (*place, "delta"), told)
    return None
