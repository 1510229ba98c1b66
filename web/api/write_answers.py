"""What the sender of a fact is told: the SKU's numbers right after it."""

from http import HTTPStatus
from typing import Any

from ingest.operators.door import Told
from ingest.outcome import Refused
from processor.log import Appended
from projections.inventory.documents import Numbers, numbers
from stock.identities import Sku
from web.answers import Answer, ErrorAnswer
from web.body import refusal
from web.problems import Problem
from web.services import Services


class Quantities(Answer):
    """A SKU's quantities. Where a fact is durable but not counted yet, `pending` is true and they are null."""

    sku: str
    version: int | None
    physical: int | None
    buffer: int | None
    broadcast: int | None
    oversold: int | None
    counted: bool | None
    pending: bool = False


class RefusedAnswer(ErrorAnswer, Quantities):
    """A fact that does not hold: its `tx` names another one, or the SKU has moved on. With the present quantities."""


CONFLICTS: dict[int | str, dict[str, Any]] = {409: {"model": RefusedAnswer}}
"""How routes declare them."""


class Conflicting(Problem):
    """A fact that is answered with 409. Nothing was stored."""

    def __init__(self, told: Told, present: Numbers) -> None:
        sku, stale = told.fact.sku, told.status == "stale"
        field = "expectedVersion" if stale else "tx"
        if stale:
            message = f"{sku} has moved to version {told.version} since version {told.fact.expected}"
            hint = "look at its present quantities, then send it with their version"
        else:
            message = f"{sku}: {told.tx} was recorded before, at version {told.version}, with other content"
            hint = "a tx names one fact for ever: send another fact under a new one"
        super().__init__(HTTPStatus.CONFLICT, told.status, message, field=field, hint=hint)
        self.answer = RefusedAnswer(
            **self.answer.model_dump(by_alias=False), **quantities(sku, present).model_dump(by_alias=False)
        )


def settled(services: Services, tenant: str, told: Told | Refused) -> tuple[Told, Numbers | None]:
    """Return what became of a fact, and the numbers right after it: the present ones where it was known before.

    They are None where they are not known yet. Raises Problem: 400 for a refused one, 409 with the present numbers.
    """
    if isinstance(told, Refused):
        raise refusal(told)
    if told.receipt is not None and isinstance(told.receipt.outcome, Appended):
        after = told.receipt.after
        return told, after if isinstance(after, Numbers) else None
    if told.status == "buffered":
        return told, None
    present = present_numbers(services, tenant, told.fact.sku)
    if told.status in ("conflict", "stale"):
        raise Conflicting(told, present)
    return told, present


def present_numbers(services: Services, tenant: str, sku: Sku) -> Numbers:
    """Return the SKU's numbers; zeros where nothing ever happened to it."""
    found = services.inventory.one(tenant, sku)
    return numbers(found) if found else _NOTHING


def quantities(sku: Sku, after: Numbers | None) -> Quantities:
    """Return `after` as an answer."""
    return Quantities(
        sku=sku,
        version=after and after.version,
        physical=after and after.physical,
        buffer=after and after.buffer,
        broadcast=after and after.broadcast,
        oversold=after and after.oversold,
        counted=after and after.counted,
        pending=after is None,
    )


_NOTHING = Numbers(physical=0, buffer=0, broadcast=0, oversold=0, counted=False, version=0)
