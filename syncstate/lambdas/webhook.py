"""The shops' function: signed deliveries, and what programs send with a key, made durable and nothing more.

It stands behind an HTTP API of API Gateway, or a function URL, at `/webhook/shopify`, `/webhook/amazon/return` and
`/webhook/amazon/notification`. What it imports is what a cold start waits for: a test holds it to 300 ms without boto3.
The rest comes when it is needed.
"""

import os
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from processor.appending import Appender
from processor.clock import system_clock
from processor.errors import ProcessorError
from processor.logs import Logger, when_imported
from stock.waiting import may_wait
from syncstate.lambdas import telemetry
from syncstate.lambdas.doors import Doors
from syncstate.lambdas.environment import DoorSettings, door_settings
from syncstate.lambdas.gateway import Event, UnknownFormat, problem, request_of
from syncstate.lambdas.secrets import SecretShops, secret_reader
from syncstate.shops import shops_of
from syncstate.stores import guarded, open_dynamodb

if TYPE_CHECKING:
    from ingest.amazon.door import NotificationDoor
    from processor.store import Store
    from web.guard.keys import KeyBook

_log = Logger("syncstate.webhook")
when_imported(telemetry.prepare_logs)


@telemetry.observed("webhook")
def handler(event: Event, context: object) -> dict[str, Any]:
    """Answer one request. 200 tells that what it brought is durable; anything else, that it was not taken."""
    del context
    told = _answer(event)
    telemetry.meter().answered(told["statusCode"])
    return told


def _answer(event: Event) -> dict[str, Any]:
    try:
        request = request_of(event)
    except UnknownFormat as error:
        _log.error("webhook.misconfigured", reason=str(error))
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", str(error))
    except ValueError:
        return problem(HTTPStatus.BAD_REQUEST, "invalid", "the body is said to be base64 and is not")
    try:
        doors = _doors()
    except ProcessorError as error:
        _log.error("webhook.unavailable", reason=str(error))
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "the store cannot be reached", Retry_After="1")
    return doors.take(request)


@cache
def _doors() -> Doors:
    return doors_over(door_settings(os.environ))


def doors_over(settings: DoorSettings) -> Doors:
    """Return the ways in over the store that the settings name. Raises StoreUnavailable, or RestoreHalfDone."""
    clock, queue = system_clock, settings.buffer_queue
    endpoint, prefix = settings.dynamodb_endpoint, settings.dynamodb_prefix
    store = guarded(open_dynamodb(endpoint, prefix, clock, buffered=queue is not None))
    secret = SecretShops(secret_reader(settings.aws_secret), settings.tenant) if settings.aws_secret else None
    if secret is None:
        shops = shops_of(settings.shopify_secrets, settings.single, settings.tenant)

    def keys() -> "KeyBook":
        from web.guard.keys import KeyBook

        return KeyBook(store.registers, clock)

    recorder = _recorder(store, queue)

    def notifications() -> "NotificationDoor":
        from syncstate.notifications import door_over

        seller = settings.amazon_seller
        return door_over(recorder, store, {} if seller is None else {seller: settings.tenant}, clock)

    return Doors(
        recorder,
        store.log,
        shops if secret is None else secret,
        clock,
        keys=keys,
        tenant=settings.tenant,
        renew=(lambda: False) if secret is None else secret.renew,
        notifications=notifications,
    )


def _recorder(store: "Store", queue: str | None) -> Appender:
    if queue is None:
        return Appender(store.log)
    from processor.buffering import Buffering
    from syncstate.queues import open_queue

    return Appender(store.log, Buffering(store.log, open_queue(queue), may_wait).append)
