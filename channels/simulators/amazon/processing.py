"""How the small Amazon works through a JSON_LISTINGS_FEED, message by message, and what it reports.

Source: the JSON Listings Feed and Processing Report formats, version 2.0.
"""

from typing import Any, Literal

import msgspec
from pydantic import Field, ValidationError

from channels.simulators.amazon.faults import FaultPlan
from channels.simulators.amazon.requests import Bad, PatchOperation, Strict, merchant_quantity
from channels.simulators.amazon.shelf import Shelf

MOST_MESSAGES = 25_000
MOST_BYTES = 10 * 1024 * 1024


class _Header(Strict):
    seller: str = Field(alias="sellerId")
    version: Literal["2.0"]
    locale: str | None = Field(default=None, alias="issueLocale")


class _Message(Strict):
    """One listing's patch: this simulator takes no other operation."""

    number: int = Field(alias="messageId", ge=1, le=2_147_483_647)
    sku: str = Field(min_length=1)
    operation: Literal["PATCH"] = Field(alias="operationType")
    product_type: str = Field(alias="productType", min_length=1)
    patches: list[PatchOperation] = Field(min_length=1)


class _Envelope(Strict):
    """A feed whose messages are read one by one, each by itself."""

    header: _Header
    messages: list[Any] = Field(min_length=1, max_length=MOST_MESSAGES)


class Processed(msgspec.Struct, frozen=True):
    """The report of a feed; `fatal` tells that it was given up."""

    fatal: bool
    report: bytes


class Run:
    """The work on one feed: each message that is good sets a quantity on the shelf."""

    def __init__(self, feed: str, content: bytes, shelf: Shelf, faults: FaultPlan, *, seller_id: str) -> None:
        self._feed, self._seller_id, self._shelf, self._faults = feed, seller_id, shelf, faults
        self._issues: list[dict[str, Any]] = []
        self._numbers: set[int] = set()
        self._processed = self._invalid = 0
        self._fatal = False
        self._messages = self._read(content)

    @property
    def messages(self) -> int:
        """How many messages there are to take; none in a feed that cannot be read."""
        return len(self._messages)

    def step(self) -> bool:
        """Take the next message. False where there was none left, or the feed was given up."""
        if self._fatal or self._processed == len(self._messages):
            return False
        raw = self._messages[self._processed]
        sku = raw.get("sku") if isinstance(raw, dict) else None
        fault = self._faults.strike("message", sku if isinstance(sku, str) else None)
        if fault is not None and fault.kind == "fatal":
            self._give_up("4000000", "The feed was aborted, on command.")
            return False
        self._processed += 1
        if fault is not None:
            self._refuse(raw, "8541", "The quantity is not taken, on command.")
        else:
            self._take(raw)
        return True

    def processed(self) -> Processed:
        """Return what the report says so far."""
        summary = {
            "errors": len(self._issues),
            "warnings": 0,
            "messagesProcessed": self._processed,
            "messagesAccepted": self._processed - self._invalid,
            "messagesInvalid": self._invalid,
        }
        header = {"sellerId": self._seller_id, "version": "2.0", "feedId": self._feed}
        report = {"header": header, "issues": self._issues, "summary": summary}
        return Processed(self._fatal, msgspec.json.encode(report))

    def _read(self, content: bytes) -> list[Any]:
        if len(content) > MOST_BYTES:
            self._give_up("4000001", f"The feed is larger than {MOST_BYTES} bytes.")
            return []
        try:
            envelope = _Envelope.model_validate_json(content)
        except ValidationError as error:
            self._give_up("4000001", f"The feed is malformed: {error.errors(include_input=False)[0]['msg']}")
            return []
        if envelope.header.seller != self._seller_id:
            self._give_up("4000002", "The feed's sellerId is not the caller's.")
            return []
        return envelope.messages

    def _take(self, raw: Any) -> None:  # noqa: ANN401 - what a stranger wrote
        try:
            message = _Message.model_validate_json(msgspec.json.encode(raw))
            values = [(patch, merchant_quantity(patch)) for patch in message.patches]
        except ValidationError as error:
            self._refuse(raw, "4000001", error.errors(include_input=False)[0]["msg"])
            return
        except Bad as bad:
            self._refuse(raw, "4000001", bad.message)
            return
        if message.number in self._numbers:
            self._refuse(raw, "4000004", "The messageId was used before.")
            return
        self._numbers.add(message.number)
        if self._shelf.listing(message.sku) is None:
            self._refuse(raw, "4000003", f"SKU '{message.sku}' not found.")
            return
        for patch, value in values:
            if value is None:
                self._refuse(raw, "90220", "'fulfillment_channel_code' is required but not supplied.")
                return
            self._shelf.submit(message.sku, value.quantity, self._feed, wipe=patch.op != "merge")

    def _refuse(self, raw: Any, code: str, message: str) -> None:  # noqa: ANN401 - what a stranger wrote
        self._invalid += 1
        fields = raw if isinstance(raw, dict) else {}
        issue: dict[str, Any] = {"code": code, "severity": "ERROR", "message": message}
        if isinstance(fields.get("messageId"), int):
            issue["messageId"] = fields["messageId"]
        if isinstance(fields.get("sku"), str) and fields["sku"]:
            issue["sku"] = fields["sku"]
        self._issues.append(issue)

    def _give_up(self, code: str, message: str) -> None:
        self._fatal = True
        self._issues.append({"code": code, "severity": "ERROR", "message": message})
