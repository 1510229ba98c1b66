"""What the alerts of one stream are measured against, and how they are raised and marked as read."""

import msgspec

from processor.clock import Instant
from processor.events import Recorded
from processor.projection import Amend, Change, Put
from projections.alerts.documents import UNREAD, Alert, AlertType, alert_id, document
from stock.balance import Balance
from stock.dispositions import Severity
from stock.identities import SKU


class Watch(msgspec.Struct, array_like=True, gc=False):
    """What crossings are measured against: the balance so far and how it stood, and how many failures there are.

    `failures`: at a channel, the refusals in a row; at a source of records, how many of them wait in quarantine. Of a
    review stream `open_` holds the versions of the questions that may settle by themselves, by their `tx_id`; None
    where none was ever asked.

    At a channel, `failed` are the versions that told of refusals, `drifted` the one that told of drift (0: none), as it
    was seen at `drifted_at`, and `told` the newest quantity it took. `doubted` are the versions that told of changes
    in doubt, by their numbers.
    """

    balance: Balance = msgspec.field(default_factory=Balance)
    low: bool = False
    oversold: bool = False
    failures: int = 0
    open_: dict[str, int] | None = None
    failed: tuple[int, ...] = ()
    drifted: int = 0
    drifted_at: Instant = Instant("")
    told: int | None = None
    doubted: dict[int, int] | None = None


def raised(  # noqa: PLR0913 - the document's fields
    event: Recorded, type_: AlertType, severity: Severity, message: str, quantity: int, *, sku: str | None = None
) -> Put:
    """Return the document of a new alert that `event` gives rise to."""
    place = event.stream
    subject = sku if sku is not None else place.key if place.category == SKU else ""
    return Put(
        document(
            Alert(
                alert_id(place, event.version, type_),
                type_,
                severity,
                subject,
                message,
                quantity,
                event.recorded_at,
                str(place),
                event.version,
            )
        )
    )


def marked(alert: str) -> Change:
    """Return the change that marks an alert as read."""
    return Amend(alert, {"read": True}, leaves=(UNREAD,))
