"""What becomes of a returned unit, by the state it came back in."""

from enum import StrEnum
from typing import Literal

import msgspec

Severity = Literal["info", "warning", "critical"]
Decision = Literal["sync", "alert_only", "quarantine", "ignore"]
Bucket = Literal["on_hand", "quarantined", "disposed", "on_review"]
AlertKind = Literal["return_damaged", "return_unsellable", "manual_review"]
Pool = Literal["merchant", "fba"]


class Disposition(StrEnum):
    """The state of a returned unit. Other words for them are read by `disposition`."""

    SELLABLE = "SELLABLE"
    CUSTOMER_DAMAGED = "CUSTOMER_DAMAGED"
    WAREHOUSE_DAMAGED = "WAREHOUSE_DAMAGED"
    CARRIER_DAMAGED = "CARRIER_DAMAGED"
    UNSELLABLE = "UNSELLABLE"
    UNKNOWN = "UNKNOWN"


class Rule(msgspec.Struct, frozen=True):
    """Where a merchant's returned units go, what is decided, and which alert (type, severity) is raised."""

    bucket: Bucket
    decision: Decision
    alert: tuple[AlertKind, Severity] | None


RULES: dict[Disposition, Rule] = {
    Disposition.SELLABLE: Rule("on_hand", "sync", None),
    Disposition.CUSTOMER_DAMAGED: Rule("quarantined", "alert_only", ("return_damaged", "warning")),
    Disposition.WAREHOUSE_DAMAGED: Rule("quarantined", "quarantine", ("return_damaged", "critical")),
    Disposition.CARRIER_DAMAGED: Rule("quarantined", "quarantine", ("return_damaged", "warning")),
    Disposition.UNSELLABLE: Rule("disposed", "ignore", ("return_unsellable", "info")),
    Disposition.UNKNOWN: Rule("on_review", "alert_only", ("manual_review", "warning")),
}

_SYNONYMS = {
    "DAMAGED": Disposition.CUSTOMER_DAMAGED,
    "DISTRIBUTOR_DAMAGED": Disposition.CARRIER_DAMAGED,
    "DEFECTIVE": Disposition.UNSELLABLE,
    "EXPIRED": Disposition.UNSELLABLE,
}

WORDS = (*Disposition.__members__, *_SYNONYMS)
"""Every word that `disposition` reads, in its plain form."""


def disposition(word: str) -> Disposition:
    """Read a vendor's word for a disposition, whatever its case, spaces or underscores.

    Raises ValueError for a word that names none.
    """
    name = "_".join(word.replace("_", " ").split()).upper()
    found = _SYNONYMS.get(name) or Disposition.__members__.get(name)
    if found is None:
        raise ValueError(f"unknown disposition {word[:40]!r}; known are {', '.join(WORDS)}")
    return found
