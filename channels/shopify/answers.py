"""From what Shopify answered to a value, or to the error it stands for.

Most of what goes wrong comes with 200. What may have been run and cannot be told is Unreachable, never a refusal.
"""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from channels.errors import Refused, Throttled, Unauthorised, Unreachable
from channels.http import Answer
from channels.shopify import rows, wire
from channels.shopify.documents import Operation
from channels.shopify.intents import Applied, Intent, Mismatched, Outcome
from channels.shopify.points import MAX_WAIT, pause_of

Read = TypeVar("Read", bound=BaseModel)

A_MOMENT = timedelta(seconds=1)
"""The pause after a 429 that names none."""

STALE = "CHANGE_FROM_QUANTITY_STALE"
_UNTOLD = frozenset({"IDEMPOTENCY_CONCURRENT_REQUEST", "SERVICE_UNAVAILABLE"})
"""User errors that leave open what became of the change: the same request, again, will tell."""

_AGAIN = frozenset({"ADJUST_QUANTITIES_FAILED", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "ITEM_NOT_STOCKED_AT_LOCATION"})
"""User errors that may pass: another intent, with a key of its own, can succeed later."""

_FORBIDDEN = frozenset({"ACCESS_DENIED", "UNAUTHORIZED", "SHOP_INACTIVE"})
_BROKEN = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"})
_DECLINED = frozenset({"BAD_REQUEST", "INVALID_FIELD_ARGUMENTS", "INVALID_VARIABLE", "MAX_COST_EXCEEDED"})
_PASSING = (HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.LOCKED, 430)
"""A shop that is frozen, locked, or takes us for an attacker (430, a status of Shopify's own)."""


def raise_for_status(what: str, answer: Answer) -> None:
    """Raise the error that a status other than 2xx stands for."""
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own numbers
        return
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Throttled(what, pause_asked_for(answer))
    detail = _first_message(answer)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise Unauthorised(what, str(status))
    if 400 <= status < 500 and status != HTTPStatus.REQUEST_TIMEOUT:  # noqa: PLR2004
        raise Refused(what, str(status), detail, retry=status in _PASSING)
    raise Unreachable(what, f"answered {status}", sent=True)


def pause_asked_for(answer: Answer) -> timedelta | None:
    """Return how long a 429 asks us to wait, within reason; None for another status."""
    if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    try:
        seconds = float(answer.headers["retry-after"])
        return min(max(timedelta(seconds=seconds), timedelta()), MAX_WAIT)
    except (KeyError, ValueError, OverflowError):
        return A_MOMENT


def envelope(what: str, answer: Answer) -> wire.Envelope:
    """Return the answer as GraphQL. Raises Unreachable where it is something else: nobody knows what happened."""
    try:
        return wire.Envelope.model_validate_json(answer.body)
    except ValidationError as error:
        raise Unreachable(what, f"answered {answer.status} with a body that cannot be read", sent=True) from error


def root(what: str, operation: Operation, told: wire.Envelope) -> object:
    """Return what stands at the operation's root, or raise the error that is there instead.

    A mutation that tells its result is made, even where a field beside it failed.
    """
    data = told.data or {}
    found = data.get(operation.root)
    if told.errors and (found is None or not operation.changes):
        raise _failure(what, operation, told)
    if operation.root not in data or (found is None and operation.changes):
        raise Unreachable(what, "answered nothing", sent=True)
    return found


def read(what: str, found: object, model: type[Read]) -> Read:
    """Return what was found as `model`. Raises Unreachable where it is something else."""
    try:
        return model.model_validate(found)
    except ValidationError as error:
        raise Unreachable(what, "answered what cannot be read", sent=True) from error


def outcome(what: str, intent: Intent, adjusted: rows.Adjusted) -> Outcome:
    """Return what became of an intent. Raises Refused, and Unreachable where the answer leaves it open."""
    errors = adjusted.errors
    codes = {error.code for error in errors}
    if codes & _UNTOLD:
        raise Unreachable(what, f"answered {min(filter(None, codes & _UNTOLD))}", sent=True)
    if errors and codes == {STALE}:
        return Mismatched(errors[0].message)
    raise_for_user_errors(what, errors)
    if adjusted.group is None:
        raise Unreachable(what, "answered neither a change nor an error", sent=True)
    made = [change for change in adjusted.group.changes if change.name == "available" and change.delta == intent.delta]
    return Applied(made[0].quantity_after if made else None, adjusted.group.id)


def raise_for_user_errors(what: str, errors: Sequence[wire.UserError]) -> None:
    """Raise Refused for the first error of a mutation that was not made."""
    if not errors:
        return
    named = [error for error in errors if error.code != STALE] or list(errors)
    issues = tuple(f"{_code(error)}: {error.message}" for error in errors)
    retry = all(error.code in _AGAIN for error in named)
    raise Refused(what, _code(named[0]), named[0].message, retry=retry, issues=issues)


def _code(error: wire.UserError) -> str:
    """Return the error's code; where the API gives none, the field it is about."""
    return error.code or ".".join(error.field) or "user_error"


def _failure(what: str, operation: Operation, told: wire.Envelope) -> Exception:
    """Return the error that stands for errors at the top of an answer.

    Where a mutation was run, and what failed is a field of its result, it may have been made.
    """
    codes = {error.code for error in told.errors}
    first = told.errors[0]
    code = first.code or "error"
    if operation.changes and told.ran and any(len(error.path) > 1 for error in told.errors):
        return Unreachable(what, f"answered {code}", sent=True)
    if "THROTTLED" in codes:
        return Throttled(what, pause_of(told.cost))
    if forbidden := codes & _FORBIDDEN:
        return Unauthorised(what, min(filter(None, forbidden)))
    if codes & _BROKEN or (told.ran and not codes & _DECLINED):
        return Unreachable(what, f"answered {code}", sent=True)
    issues = tuple(f"{error.code or 'error'}: {error.message}" for error in told.errors)
    return Refused(what, code, first.message, retry=False, issues=issues)


def _first_message(answer: Answer) -> str:
    try:
        errors: Any = wire.Envelope.model_validate_json(answer.body).errors
    except ValidationError:
        return ""
    return str(errors[0].message)[:200] if errors else ""
