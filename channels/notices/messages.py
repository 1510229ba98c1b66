"""A message that tells of alerts, and its forms: JSON, Slack's text, mail."""

from collections.abc import Iterator, Mapping
from email.message import EmailMessage

import msgspec

from processor.clock import Instant, moment
from projections.alerts.documents import Alert
from stock.dispositions import Severity

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
"""The worst first."""

MARKS: Mapping[Severity, str] = {"critical": "CRITICAL", "warning": "Warning", "info": "Info"}


class Message(msgspec.Struct, frozen=True):
    """Alerts of one tenant, put together at `at`, and how many of each severity it has no room for.

    `delivery` names the message: a repeat has the same. A repeat may hold fewer alerts, never others: those that a
    person has acknowledged meanwhile are left out.
    """

    delivery: str
    tenant: str
    at: Instant
    alerts: tuple[Alert, ...]
    left_out: Mapping[Severity, int]

    @property
    def count(self) -> int:
        """How many alerts it tells of, those left out included."""
        return len(self.alerts) + sum(self.left_out.values())

    @property
    def headline(self) -> str:
        """One line for all: `3 alerts (1 critical, 2 warning)`."""
        numbers = dict.fromkeys(SEVERITIES, 0) | dict(self.left_out)
        for alert in self.alerts:
            numbers[alert.severity] += 1
        parts = ", ".join(f"{number} {severity}" for severity, number in numbers.items() if number)
        return f"{self.count} alert{'s' * (self.count != 1)} ({parts})"

    @property
    def remainder(self) -> str:
        """What is left out in words, empty where nothing is."""
        more = sum(self.left_out.values())
        return f"and {more} more: see GET /api/alerts/unread" if more else ""


def as_json(message: Message) -> bytes:
    """Return the webhook's body: the alerts with the fields of GET /api/alerts, times in UTC."""
    alerts = [
        {
            "id": alert.id,
            "type": alert.type,
            "severity": alert.severity,
            "sku": alert.sku,
            "message": alert.message,
            "quantity": alert.quantity,
            "timestamp": alert.timestamp,
        }
        for alert in message.alerts
    ]
    return msgspec.json.encode(
        {
            "delivery": message.delivery,
            "tenant": message.tenant,
            "createdAt": message.at,
            "count": message.count,
            "alerts": alerts,
            "leftOut": dict(message.left_out),
        }
    )


def as_slack(message: Message) -> bytes:
    """Return `{"text": ...}`. `& < >` are escaped, so that no SKU can mention a channel (Slack: formatting text)."""
    lines = [f"SyncState, {message.tenant}: {message.headline}", *_lines(message)]
    text = "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return msgspec.json.encode({"text": text})


def as_mail(message: Message, sender: str, recipients: tuple[str, ...]) -> EmailMessage:
    """Return a plain mail whose Message-ID is made of the delivery id: a repeat has the same."""
    mail = EmailMessage()
    mail["Subject"] = f"SyncState, {message.tenant}: {message.headline}"
    mail["From"], mail["To"] = sender, ", ".join(recipients)
    mail["Date"] = moment(message.at)
    mail["Message-ID"] = f"<{message.delivery}@syncstate.invalid>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    mail["X-SyncState-Delivery"] = message.delivery
    mail.set_content("\n".join(_lines(message)) + "\n", cte="quoted-printable")
    return mail


def _lines(message: Message) -> Iterator[str]:
    for alert in message.alerts:
        yield f"{MARKS[alert.severity]}: {alert.message} [{alert.type}, {alert.timestamp[:19]}Z]"
    if message.remainder:
        yield message.remainder
