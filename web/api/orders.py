"""POST /webhook/shopify: orders, signed by Shopify or plain from the merchant's own programs."""

from collections.abc import Mapping
from http import HTTPStatus

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from ingest.outcome import Ignored, Refused, Taken
from ingest.shopify.hmac import HEADER
from web.api.order_answers import ConflictAnswer, IgnoredAnswer, OrderAnswer, answer_of
from web.body import LIMIT, SIGNED_LIMIT, read_body
from web.callers import Writer
from web.problems import ANSWERS, Problem
from web.services import Services, Use

router = APIRouter(tags=["orders"], responses=ANSWERS)


@router.post("/webhook/shopify", response_model=OrderAnswer, responses={409: {"model": ConflictAnswer}})
async def receive_order(request: Request, services: Use, caller: Writer) -> Response:
    """Take an order.

    With `X-Shopify-Hmac-Sha256`: a webhook delivery of Shopify's. Without: `{"orderId": "...", "items": [{"sku":
    "...", "quantity": 1}]}`; the same `orderId` again counts once, and one that begins with `init-` brings opening
    stock.
    """
    body = await read_body(request, SIGNED_LIMIT if HEADER in request.headers else LIMIT)
    answer = await run_sync(_receive, services, caller.tenant, request.headers, body)
    status = HTTPStatus.CONFLICT if isinstance(answer, ConflictAnswer) else HTTPStatus.OK
    return Response(answer.model_dump_json(), status, media_type="application/json")


def _receive(services: Services, tenant: str, headers: Mapping[str, str], body: bytes) -> OrderAnswer:
    outcome = services.door.receive(tenant, headers, body)
    match outcome:
        case Taken():
            return answer_of(outcome, services.inventory)
        case Ignored(topic=topic):
            return IgnoredAnswer(ignored=topic)
        case Refused(code=code, message=message, field=field, hint=hint):
            status = HTTPStatus.UNAUTHORIZED if code == "unauthorized" else HTTPStatus.BAD_REQUEST
            raise Problem(status, code, message, field=field, hint=hint)
