"""/api/quarantine: streams that a projection cannot fold on, and setting them going again."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Path
from pydantic import Field

from ingest.outcome import Refused
from ingest.reading import Payload, read
from processor.clock import Instant
from processor.engine import Engine
from processor.events import Recorded
from processor.quarantine import Stopped
from web.answers import Answer
from web.body import Body, refusal, takes
from web.callers import Admin
from web.problems import ANSWERS, Problem
from web.services import Use

router = APIRouter(prefix="/api/quarantine", tags=["operations"], responses=ANSWERS)


class RedriveAsked(Payload):
    """What to set going: `all`, or the pair of `projection` and `stream`."""

    projection: str | None = None
    stream: str | None = None
    all: bool = False


class QuarantinedPair(Answer):
    """A stream that one projection cannot fold past `version`, with the reason, since `at`."""

    projection: str
    generation: int
    stream: str
    version: int
    error: str
    at: Instant


class QuarantineAnswer(Answer):
    """What is stopped."""

    count: int
    quarantined: tuple[QuarantinedPair, ...]


class StoppingEvent(Answer):
    """The event that cannot be folded. `data` is its fields, or its bytes as text where they are not JSON."""

    version: int
    type: str
    schema_: int = Field(serialization_alias="schema")
    data: Any
    tx: str
    source: str
    occurred_at: Instant
    recorded_at: Instant


class QuarantinedPairAnswer(QuarantinedPair):
    """A stopped pair with its event, null where the log has none, and how many events of the stream wait behind it."""

    event: StoppingEvent | None
    waiting: int


class RedrivenPair(Answer):
    """A pair that was set going. `error` tells why it stands before the same event still; null where it moved on."""

    projection: str
    stream: str
    version: int
    error: str | None


class RedrivenAnswer(Answer):
    """What was set going; what fails again is stopped again."""

    ok: Literal[True] = True
    count: int
    redriven: tuple[RedrivenPair, ...]


@router.get("")
def get_quarantine(services: Use, caller: Admin) -> QuarantineAnswer:
    """Return the tenant's streams that are stopped."""
    pairs = tuple(map(_pair, services.engine.quarantine.stopped(caller.tenant)))
    return QuarantineAnswer(count=len(pairs), quarantined=pairs)


@router.get("/{projection}/{stream:path}")
def get_quarantined_pair(
    services: Use,
    caller: Admin,
    projection: Annotated[str, Path(description="the projection that stopped")],
    stream: Annotated[str, Path(description="where: tenant/category/key, percent-encoded")],
) -> QuarantinedPairAnswer:
    """Return one stopped pair with the event that stopped it."""
    [stopped] = _stopped(services.engine, caller.tenant, projection, stream)
    log = services.engine.store.log
    event = next(iter(log.read(stopped.stream, after=stopped.version - 1, limit=1)), None)
    head = log.heads([stopped.stream])[stopped.stream]
    shown = None if event is None else _event(event)
    return QuarantinedPairAnswer(
        **_pair(stopped).model_dump(by_alias=False), event=shown, waiting=head - stopped.version
    )


@router.post("/redrive", openapi_extra=takes(RedriveAsked.model_json_schema()))
def redrive(services: Use, caller: Admin, body: Body) -> RedrivenAnswer:
    """Set one stopped pair going again, or all of the tenant's. Nothing is lost: it goes on where it stopped."""
    asked = read(RedriveAsked, body)
    if isinstance(asked, Refused):
        raise refusal(asked)
    one = (asked.projection is not None, asked.stream is not None)
    if one not in {(True, True), (False, False)} or asked.all == one[0]:
        hint = 'send {"all": true}, or "projection" and "stream" as GET /api/quarantine tells them'
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid", "name one pair, or all", hint=hint)
    if asked.all:
        chosen: Sequence[Stopped] = list(services.engine.quarantine.stopped(caller.tenant))
    else:
        chosen = _stopped(services.engine, caller.tenant, asked.projection or "", asked.stream or "")
    done = tuple(_redriven(services.engine, stopped) for stopped in chosen)
    return RedrivenAnswer(count=len(done), redriven=done)


def _stopped(engine: Engine, tenant: str, projection: str, stream: str) -> list[Stopped]:
    """Return the one pair of that name. Raises Problem (404)."""
    for stopped in engine.quarantine.stopped(tenant):
        if (stopped.projection, str(stopped.stream)) == (projection, stream):
            return [stopped]
    message = f"{stream[:200]} is not quarantined in {projection[:40]}"
    hint = "GET /api/quarantine lists what is, each stream as tenant/category/key"
    raise Problem(HTTPStatus.NOT_FOUND, "not_quarantined", message, hint=hint)


def _redriven(engine: Engine, stopped: Stopped) -> RedrivenPair:
    rung = engine.quarantine.redrive(stopped.projection, stopped.stream)
    error: str | None = None
    if rung is not None:
        engine.quarantine.consider(rung)
        for (model, stream), failure in rung.failures.items():
            if (model.projection, stream, failure.version) == (stopped.projection, stopped.stream, stopped.version):
                error = f"{type(failure.error).__name__}: {failure.error}"
    return RedrivenPair(projection=stopped.projection, stream=str(stopped.stream), version=stopped.version, error=error)


def _pair(stopped: Stopped) -> QuarantinedPair:
    return QuarantinedPair(
        projection=stopped.projection,
        generation=stopped.generation,
        stream=str(stopped.stream),
        version=stopped.version,
        error=stopped.error,
        at=Instant(stopped.at),
    )


def _event(event: Recorded) -> StoppingEvent:
    try:
        data = msgspec.json.decode(event.data)
    except ValueError:
        data = event.data.decode(errors="backslashreplace")
    return StoppingEvent(
        version=event.version,
        type=event.type,
        schema_=event.schema,
        data=data,
        tx=event.tx_id,
        source=event.source,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
    )
