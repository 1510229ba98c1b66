"""Files to import, as Amazon and the older service write them: rows made to measure."""

from typing import Any

A_RETURN = {
    "return-date": "2026-11-03T08:15:00+00:00",
    "order-id": "123-1234567-1234567",
    "sku": "MUG",
    "asin": "B000000001",
    "fnsku": "X000000001",
    "product-name": "A mug",
    "quantity": "1",
    "fulfillment-center-id": "LEJ1",
    "detailed-disposition": "SELLABLE",
    "reason": "UNWANTED_ITEM",
    "status": "Unit returned to inventory",
    "license-plate-number": "",
    "customer-comments": "",
}
COLUMNS = tuple(A_RETURN)
"""The columns of Amazon's report of customer returns, in their order."""

A_STORE: dict[str, Any] = {
    "physical": {"MUG": 50, "CAP": 3},
    "buffer": {"MUG": 5},
    "broadcast": {"MUG": 45, "CAP": 3},
    "transactions": {"tx-1": {"timestamp": "2026-02-06T10:00:00Z", "action": "sale", "status": "completed"}},
    "lastBroadcast": {"MUG": {"count": 45, "txId": "tx-1", "timestamp": "2026-02-06T10:00:00Z"}},
    "returns": {"MUG": [{"quantity": 2, "disposition": "SELLABLE", "timestamp": "2026-02-05T09:00:00Z", "orderId": 9}]},
    "alerts": [{"alertId": "a1", "type": "return_damaged", "severity": "warning", "sku": "MUG", "read": False}],
}
"""What the older service keeps."""


def a_return(**more: str) -> str:
    """Return a row of the report; names with `_` for `-`."""
    cells = {**A_RETURN, **{name.replace("_", "-"): value for name, value in more.items()}}
    return "\t".join(cells[name] for name in COLUMNS)


def a_report(*rows: str, header: str = "\t".join(COLUMNS), end: str = "\n") -> bytes:
    return end.join([header, *rows, ""]).encode()
