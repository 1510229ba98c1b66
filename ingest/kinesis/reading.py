"""From the bytes of one user record to the facts that it states. Pure.

    {"tenant": "acme", "type": "sale", "sku": "A", "quantity": 1}
    {"tenant": "acme", "facts": [{"type": "sale", ...}, {"type": "count", ...}]}

Each fact is as POST /api/batch takes it. A record that names no tenant speaks for the first of its stream's.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from pydantic import RootModel

from ingest.operators.facts import read_fact
from ingest.operators.payloads import Fact
from ingest.outcome import Refused
from ingest.reading import read

_HINT = "SYNCSTATE_KINESIS_TENANTS says for whom a stream may speak"


class _Body(RootModel[dict[str, Any]]):
    pass


class Stated(msgspec.Struct, frozen=True):
    """What a record states for `tenant`: facts, each with its number in the record, None where it is the record.

    `wrong` says what was refused of it, the first of it, and is None where nothing was.
    """

    tenant: str
    facts: tuple[tuple[int | None, Fact], ...] = ()
    wrong: str | None = None


def read_record(data: bytes, tenants: Sequence[str]) -> Stated:
    """Return what the record `data` states; `tenants` are whom its stream may speak for, the first by default.

    What cannot be told to be another's is of the first tenant.
    """
    body = read(_Body, data)
    if isinstance(body, Refused):
        return Stated(tenants[0], wrong=_told(body).replace("the body", "the record", 1))
    fields = body.root
    tenant = fields.get("tenant", tenants[0])
    if tenant not in tenants:
        return Stated(tenants[0], wrong=f"tenant: the stream may not speak for {str(tenant)[:40]!r} ({_HINT})")
    if "facts" not in fields:
        fact = read_fact(fields)
        return Stated(tenant, wrong=_told(fact)) if isinstance(fact, Refused) else Stated(tenant, ((None, fact),))
    return _listed(tenant, fields["facts"])


def _listed(tenant: str, given: object) -> Stated:
    if not isinstance(given, list) or not given:
        return Stated(tenant, wrong="facts: must be a list of one fact or more")
    read_ = [read_fact(fact) for fact in given]
    facts = tuple((number, fact) for number, fact in enumerate(read_) if isinstance(fact, Fact))
    refused = [(number, fact) for number, fact in enumerate(read_) if isinstance(fact, Refused)]
    if not refused:
        return Stated(tenant, facts)
    number, first = refused[0]
    more = f" (and {len(refused) - 1} more of its {len(given)} facts)" if len(refused) > 1 else ""
    return Stated(tenant, facts, f"facts[{number}]: {_told(first)}{more}")


def _told(refused: Refused) -> str:
    return f"{refused.message} ({refused.hint})" if refused.hint else refused.message
