"""POST /webhook/amazon/return: units that came back."""

from fastapi import APIRouter

from ingest.amazon.returns import receive_return
from ingest.operators.door import Told
from ingest.operators.facts import schema
from ingest.operators.payloads import Return
from processor.errors import Retryable
from processor.log import Appended
from projections.alerts.documents import alert_id
from stock.dispositions import RULES
from web.answers import Answer
from web.api.alerts import AlertAnswer
from web.api.write_answers import CONFLICTS, settled
from web.body import Body, takes
from web.callers import Writer
from web.problems import ANSWERS
from web.services import Services, Use

router = APIRouter(tags=["returns"], responses=ANSWERS | CONFLICTS)

SKIPPED = "skipped"


class ReturnAnswer(Answer):
    """What became of a return.

    `action` is what its disposition calls for: sync, alert_only, quarantine or ignore; `synced` tells that it went
    back on sale. For one that was known before, `processed` is false and `action` is skipped. `inventoryAfter` is the
    physical stock right after it; where it is durable but not counted yet, `pending` is true and the quantities null.
    `alert` is the one that this very return raised.
    """

    ok: bool = True
    processed: bool
    synced: bool
    action: str
    inventory_after: int | None
    broadcast_after: int | None
    alert: AlertAnswer | None
    pending: bool
    sku: str
    tx: str | None
    version: int | None


@router.post("/webhook/amazon/return", openapi_extra=takes(schema("return")))
def receive_amazon_return(services: Use, caller: Writer, body: Body) -> ReturnAnswer:
    """Take a return: `{"sku": "A", "quantity": 1, "disposition": "SELLABLE", "returnOrderId": "..."}`.

    It is known again by its `tx`, else by order, SKU, disposition, quantity, reason and time together; with none of
    order and time it is always a new one. `pool` is `merchant`, or `fba` for what went back to Amazon's own stock.
    """
    told, after = settled(services, caller.tenant, receive_return(services.facts, caller.tenant, body))
    processed = told.status in ("recorded", "buffered")
    returned = told.fact
    assert isinstance(returned, Return)  # noqa: S101 - what the door was asked for
    decision = RULES[returned.disposition].decision
    return ReturnAnswer(
        processed=processed,
        synced=processed and decision == "sync" and returned.pool == "merchant",
        action=decision if processed else SKIPPED,
        inventory_after=after and after.physical,
        broadcast_after=after and after.broadcast,
        alert=_alert(services, told, returned),
        pending=after is None,
        sku=returned.sku,
        tx=told.tx,
        version=told.version,
    )


def _alert(services: Services, told: Told, returned: Return) -> AlertAnswer | None:
    """Return the alert that the return has raised, None where it raises none or cannot be read yet."""
    rule = RULES[returned.disposition].alert
    receipt = told.receipt
    if rule is None or receipt is None or not isinstance(receipt.outcome, Appended):
        return None
    id_ = alert_id(receipt.stream, receipt.outcome.version, rule[0])
    try:
        found = services.alerts.one(receipt.stream.tenant, id_)
    except Retryable:  # the return is durable: an error would have it sent, and perhaps counted, again
        return None
    return AlertAnswer.model_validate(found) if found else None
