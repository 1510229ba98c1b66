"""POST /webhook/shopify: orders, signed by Shopify or plain from the merchant's own programs."""

from collections.abc import Mapping
from http import HTTPStatus

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from ingest.door import LIMIT, SIGNED_LIMIT
from ingest.operators.simple import MAX_ITEMS, SimpleItem, SimpleOrder
from ingest.outcome import Ignored, Outcome, Refused, Taken
from ingest.prepared import Prepared
from ingest.shopify.hmac import HEADER
from web.api.order_answers import ConflictAnswer, IgnoredAnswer, OrderAnswer, answer_of
from web.awaiting import awaited
from web.body import read_body, refusal, takes
from web.callers import Caller, Sender, sender_of, shop_of
from web.entrance import Reply
from web.incoming import Posted
from web.problems import ANSWERS
from web.services import Services, Use, services_of

PATH = "/webhook/shopify"
_SHORT = 64 * 1024
"""A body up to so many bytes is read on the spot, for it holds up nobody else."""

_ITEMS = {"type": "array", "minItems": 1, "maxItems": MAX_ITEMS, "items": SimpleItem.model_json_schema()}
_SIMPLE = SimpleOrder.model_json_schema()
_BODIES = (
    {key: value for key, value in _SIMPLE.items() if key != "$defs"}
    | {"properties": _SIMPLE["properties"] | {"items": _ITEMS}},
    {"title": "Shopify's payload", "description": "with Shopify's headers: as its topic has it", "type": "object"},
)
_HEADERS = {
    "X-Shopify-Hmac-Sha256": "the signature of a delivery of Shopify's",
    "X-Shopify-Topic": "what it tells: `orders/create`, say",
    "X-Shopify-Shop-Domain": "the shop that tells it",
}
_PARAMETERS = [
    {"name": name, "in": "header", "required": False, "description": told, "schema": {"type": "string"}}
    for name, told in _HEADERS.items()
]

router = APIRouter(tags=["orders"], responses=ANSWERS)


@router.post(
    PATH,
    response_model=OrderAnswer,
    responses={409: {"model": ConflictAnswer}},
    openapi_extra=takes({"anyOf": _BODIES}) | {"parameters": _PARAMETERS},
)
async def receive_order(request: Request, services: Use, caller: Sender) -> Response:
    """Take an order.

    With `X-Shopify-Hmac-Sha256`: a webhook delivery of Shopify's. Without: `{"orderId": "...", "items": [{"sku":
    "...", "quantity": 1}]}`; the same `orderId` again counts once, and one that begins with `init-` brings opening
    stock.
    """
    reply = await _take(Posted(request.scope, request.receive), services, caller)
    return Response(reply.body, reply.status, media_type="application/json")


async def answer_order(request: Posted) -> Reply:
    """Answer as `receive_order` does, for `web.entrance`."""
    return await _take(request, services_of(request), await sender_of(request))


async def _take(request: Posted, services: Services, caller: Caller) -> Reply:
    headers = request.headers
    signed = HEADER in headers
    body = await read_body(request, SIGNED_LIMIT if signed else LIMIT)
    answer = await _at_once(services, caller.tenant, headers, body) if len(body) <= _SHORT else None
    if answer is None:
        answer = await run_sync(_receive, services, caller.tenant, headers, body)
    if signed:
        services.guard.delivered(shop_of(request))
    status = HTTPStatus.CONFLICT if isinstance(answer, ConflictAnswer) else HTTPStatus.OK
    return Reply(status, answer.model_dump_json().encode())


async def _at_once(
    services: Services, tenant: str, headers: Mapping[str, str], body: bytes
) -> OrderAnswer | ConflictAnswer | None:
    """Take what is new: nothing is read from the store, so no thread need wait for it. None: take the long way."""
    prepared = services.door.prepare(tenant, headers, body)
    if isinstance(prepared, Prepared):
        receipts = await awaited(services.engine.recorder.submit(prepared.appends, prepared.gate))
        outcome = prepared.finish(receipts)
    else:
        outcome = prepared
    if outcome is None:
        return None
    if isinstance(outcome, Taken) and not outcome.is_new:
        return await run_sync(_answer, services, outcome)
    return _answer(services, outcome)


def _receive(services: Services, tenant: str, headers: Mapping[str, str], body: bytes) -> OrderAnswer:
    return _answer(services, services.door.receive(tenant, headers, body))


def _answer(services: Services, outcome: Outcome) -> OrderAnswer:
    match outcome:
        case Taken():
            return answer_of(outcome, services.inventory)
        case Ignored(topic=topic):
            return IgnoredAnswer(ignored=topic)
        case Refused():
            raise refusal(outcome)
