"""The ways in of a function: who may send what to which path, and what is answered. Nothing is folded."""

from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ingest.amazon.messages import BODY_LIMIT, messages_in
from ingest.amazon.returns import receive_return
from ingest.door import LIMIT, SIGNED_LIMIT, OrderDoor
from ingest.operators.door import FactDoor, Told
from ingest.operators.simple import SimpleDoor
from ingest.outcome import Refused, Taken
from ingest.shopify.hmac import HEADER, Shop
from ingest.shopify.webhook import ShopifyDoor
from processor.clock import Clock
from processor.errors import Misuse, Retryable
from processor.log import EventLog
from processor.logs import Logger
from processor.receipts import FactRecorder
from stock.identities import Sku
from stock.listings import Listings
from syncstate.lambdas import telemetry
from syncstate.lambdas.answers import of_notifications, of_order, of_refusal, of_return
from syncstate.lambdas.gateway import Request, problem

if TYPE_CHECKING:
    from ingest.amazon.door import NotificationDoor
    from web.guard.keys import KeyBook

ORDERS, RETURNS = "/webhook/shopify", "/webhook/amazon/return"
NOTIFICATIONS = "/webhook/amazon/notification"
PATHS = (ORDERS, RETURNS, NOTIFICATIONS)
RETRY_AFTER = "1"

_log = Logger("syncstate.webhook")


class Doors:
    """Takes orders, deliveries, returns and notifications. What is not signed needs a key that may write."""

    def __init__(  # noqa: PLR0913 - what the ways in stand on
        self,
        recorder: FactRecorder,
        log: EventLog,
        shops: Mapping[str, Shop],
        clock: Clock,
        *,
        keys: "Callable[[], KeyBook]",
        tenant: str,
        renew: Callable[[], bool],
        notifications: "Callable[[], NotificationDoor]",
    ) -> None:
        """`keys` and `notifications` build what they name when it is first needed; `renew` is `ShopifyDoor`'s."""
        shopify = ShopifyDoor(recorder, log, shops, clock, renew)
        self._orders = OrderDoor(shopify, SimpleDoor(recorder, clock))
        self._facts = FactDoor(recorder, log, _NoListings(), clock)
        self._keys, self._tenant = keys, tenant
        self._book: KeyBook | None = None
        self._notifications = cache(notifications)

    def take(self, request: Request) -> dict[str, Any]:
        """Answer one request: 200 once its facts are durable, 503 where it must be sent again."""
        try:
            return self._taken(request)
        except Retryable as error:
            _log.warning("webhook.unavailable", reason=str(error))
            hint = "send the same request again in a moment"
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", str(error), hint=hint, Retry_After=RETRY_AFTER
            )
        except Misuse as error:
            _log.exception("webhook.failed")
            return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", str(error))

    def _taken(self, request: Request) -> dict[str, Any]:
        method, path, headers, body = request
        if path not in PATHS or method != "POST":
            return _nowhere(method, path)
        signed = path == ORDERS and HEADER in headers
        limit = SIGNED_LIMIT if signed else BODY_LIMIT if path == NOTIFICATIONS else LIMIT
        if len(body) > limit:
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"a body is at most {limit:,} bytes")
        tenant = self._tenant if signed else self._admitted(headers)
        if not isinstance(tenant, str):
            return tenant
        if path == RETURNS:
            told = receive_return(self._facts, tenant, body)
            if isinstance(told, Told) and told.receipt is not None:
                telemetry.meter().appended([told.receipt.outcome])
            return of_return(told)
        if path == NOTIFICATIONS:
            return self._notified(tenant, body)
        outcome = self._orders.receive(tenant, headers, body)
        if isinstance(outcome, Taken):
            telemetry.meter().appended(receipt.outcome for item in outcome.items for receipt in item.receipts)
        return of_order(outcome)

    def _notified(self, tenant: str, body: bytes) -> dict[str, Any]:
        """Take Amazon's notifications: none is refused that is a message at all."""
        messages = messages_in(body)
        if isinstance(messages, Refused):
            return of_refusal(messages)
        door = self._notifications()
        return of_notifications([door.take(tenant, message) for message in messages])

    def _admitted(self, headers: Mapping[str, str]) -> str | dict[str, Any]:
        """Return the tenant whose key was sent, or the answer to whoever sent none."""
        from web.guard.keys import found
        from web.guard.presented import TENANT_HEADER, presented_in

        presented = presented_in(headers)
        if presented is None:
            return _nobody("this needs a key")
        if self._book is None:
            self._book = self._keys()
        key = found(self._book.active_now(), presented)
        if key is None:
            return _nobody("the key is not known here, or was revoked")
        if key.role == "read":
            hint = "`syncstate keys create --role write` makes one"
            return problem(HTTPStatus.FORBIDDEN, "forbidden", "this needs a key that may write", hint=hint)
        if headers.get(TENANT_HEADER, key.tenant) != key.tenant:
            message, hint = f"this caller is of tenant {key.tenant}", "leave X-SyncState-Tenant out"
            return problem(HTTPStatus.FORBIDDEN, "foreign_tenant", message, field="X-SyncState-Tenant", hint=hint)
        return key.tenant


class _NoListings:
    """Mappings do not come in here, so nobody asks where SKUs are sold."""

    def listings(self, tenant: str, skus: object) -> Mapping[Sku, Listings]:
        raise NotImplementedError((tenant, skus))


def _nowhere(method: str, path: str) -> dict[str, Any]:
    message = f"there is no {method} {path[:200]}"
    if path not in PATHS:
        return problem(HTTPStatus.NOT_FOUND, "not_found", message)
    return problem(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", message, Allow="POST")


def _nobody(message: str) -> dict[str, Any]:
    hint = "send it as Authorization: Bearer ...; `syncstate keys create` makes one"
    challenge = 'Bearer realm="syncstate"'
    return problem(HTTPStatus.UNAUTHORIZED, "unauthorized", message, hint=hint, WWW_Authenticate=challenge)
