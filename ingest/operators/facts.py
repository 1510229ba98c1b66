"""What an operator states becomes an event.

Single routes, batches and imports all come here, so a field means the same wherever it is sent.
"""

from collections.abc import Callable
from typing import Any, get_args

from ingest.operators.payloads import (
    Adjustment,
    Buffer,
    Count,
    Fact,
    Kind,
    Mapping,
    Return,
    Sale,
    Threshold,
    Unmapping,
)
from ingest.outcome import Refused
from ingest.reading import check
from processor.clock import Instant
from processor.events import Event
from stock.facts import fact

KINDS: dict[str, type[Fact]] = {
    kind.kind: kind for kind in (Sale, Return, Adjustment, Count, Buffer, Threshold, Mapping, Unmapping)
}
"""Every payload by its `type`."""


def read_fact(given: object) -> Fact | Refused:
    """Return the fact that `given`, one of a batch's, states by its `type`; or the refusal of it."""
    if not isinstance(given, dict):
        return Refused("invalid", "a fact must be an object", hint='for example {"type": "sale", "sku": "A", ...}')
    kind = given.get("type")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        return Refused("invalid", f"type: must be one of {', '.join(get_args(Kind))}", "type")
    return check(model, given)


def read_correction(given: dict[str, Any]) -> Fact | Refused:
    """Return the adjustment or the count that `given` states: by the one of `delta` and `count` that it holds."""
    stated = [kind for kind, field in ((Adjustment, "delta"), (Count, "count")) if given.get(field) is not None]
    if len(stated) == 1:
        return check(stated[0], given)
    hint = "delta, with a reason, tells by how much stock differs; count tells how many there are"
    return Refused("invalid", "state either delta or count", "count" if stated else "delta", hint)


def event_of(stated: Fact, now: Instant, source: str, new_id: Callable[[], str]) -> Event:
    """Return the event of a fact. `new_id` names one that brings no identity of its own."""
    key = stated.key or f"tx:{new_id()}"
    correlation = key.removeprefix("tx:")
    return fact(stated.happened, tx=key, at=stated.at or now, source=source, correlation=correlation)


def schema(kind: str, *, without: tuple[str, ...] = (), tagged: bool = False) -> dict[str, Any]:
    """Return the JSON schema of a payload, `without` the fields that come otherwise, `tagged` with its type."""
    whole = KINDS[kind].model_json_schema()
    tag = {"type": {"const": kind}} if tagged else {}
    whole["properties"] = tag | {name: part for name, part in whole["properties"].items() if name not in without}
    whole["required"] = [*tag, *(name for name in whole["required"] if name not in without)]
    return whole
