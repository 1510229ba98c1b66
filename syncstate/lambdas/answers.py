"""What a sender is told by a function that folds nothing: the fields of the HTTP API's answers, quantities unknown."""

from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, assert_never

from ingest.operators.door import Told
from ingest.operators.payloads import Return
from ingest.outcome import Ignored, Item, Outcome, Refused, Taken
from stock.dispositions import RULES
from syncstate.lambdas.gateway import answer, problem

if TYPE_CHECKING:
    from ingest.amazon.door import Heard

SKIPPED = "skipped"


def of_order(outcome: Outcome) -> dict[str, Any]:
    """Answer an order or a delivery. A shop is answered with 200 whatever it contradicts: a person settles that."""
    match outcome:
        case Refused():
            return of_refusal(outcome)
        case Ignored(topic=topic):
            return answer(HTTPStatus.OK, {**_order(None, ()), "ignored": topic})
        case Taken(tx=tx, items=items, vendor=vendor):
            conflicts = [n for n, item in enumerate(items) if item.status == "conflict"]
            if conflicts and not vendor:
                return _conflict(tx, items, conflicts[0])
            return answer(HTTPStatus.OK, _order(tx, items))
        case _:
            assert_never(outcome)


def of_return(told: Told | Refused) -> dict[str, Any]:
    """Answer a return."""
    if isinstance(told, Refused):
        return of_refusal(told)
    sku = told.fact.sku
    if told.status in ("conflict", "stale"):
        message = f"{sku}: {told.tx} was recorded before, at version {told.version}, with other content"
        hint = "a tx names one fact for ever: send another fact under a new one"
        return problem(HTTPStatus.CONFLICT, told.status, message, field="tx", hint=hint)
    processed = told.status in ("recorded", "buffered")
    assert isinstance(told.fact, Return)  # noqa: S101 - what the door was asked for
    decision = RULES[told.fact.disposition].decision
    return answer(
        HTTPStatus.OK,
        {
            "ok": True,
            "processed": processed,
            "synced": processed and decision == "sync" and told.fact.pool == "merchant",
            "action": decision if processed else SKIPPED,
            "inventoryAfter": None,
            "broadcastAfter": None,
            "alert": None,
            "pending": True,
            "sku": sku,
            "tx": told.tx,
            "version": told.version,
        },
    )


def of_notifications(heard: "Sequence[Heard]") -> dict[str, Any]:
    """Answer notifications, one result per message."""
    counts = Counter(one.status for one in heard)
    results = [
        {"status": one.status, "type": one.type, "id": one.id, "reason": one.why, "record": one.kept} for one in heard
    ]
    return answer(
        HTTPStatus.OK,
        {
            "ok": not counts["quarantined"],
            "results": results,
            "recorded": counts["recorded"],
            "duplicates": counts["duplicate"],
            "ignored": counts["ignored"],
            "quarantined": counts["quarantined"],
        },
    )


def of_refusal(refused: Refused) -> dict[str, Any]:
    """Answer what was refused."""
    status = HTTPStatus.UNAUTHORIZED if refused.code == "unauthorized" else HTTPStatus.BAD_REQUEST
    return problem(status, refused.code, refused.message, field=refused.field, hint=refused.hint)


def _order(tx: str | None, items: Sequence[Item]) -> dict[str, Any]:
    unknown = {item.sku: None for item in items if item.sku is not None}
    return {
        "ok": True,
        "success": True,
        "tx": tx,
        "queued": len(items),
        "duplicates": sum(item.status == "duplicate" for item in items),
        "inventoryAfter": unknown,
        "broadcastAfter": unknown,
        "pending": bool(unknown),
    }


def _conflict(tx: str, items: Sequence[Item], first: int) -> dict[str, Any]:
    told = {
        **_order(tx, items),
        "ok": False,
        "success": False,
        "error": f"{items[first].sku}: order {tx} was recorded before with another quantity",
        "code": "conflict",
        "field": f"items[{first}].quantity",
        "hint": "an orderId names one order for ever: send a changed order under a new one",
        "results": [{"sku": item.sku, "quantity": item.quantity, "status": item.status} for item in items],
    }
    return answer(HTTPStatus.CONFLICT, told)
