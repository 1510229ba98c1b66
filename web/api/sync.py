"""/api/sync: how the channels stand; pause, resume, look now."""

from http import HTTPStatus
from typing import Any, Literal, TypeVar

from fastapi import APIRouter

from channels.modes import Mode
from channels.overseeing import Standing
from channels.passes import Pass
from ingest.operators.fields import SkuText
from ingest.outcome import Refused
from ingest.reading import Payload, read
from processor.clock import Instant
from stock.events import ChannelPaused, PauseReason
from stock.identities import Channel, Sku
from web.answers import Answer, ErrorAnswer
from web.body import Body, refusal, takes
from web.callers import Admin, Reader
from web.problems import ANSWERS, Problem
from web.services import Services, Use

router = APIRouter(prefix="/api/sync", tags=["sync"], responses=ANSWERS)


_REFUSED: dict[int | str, dict[str, Any]] = {404: {"model": ErrorAnswer}, 409: {"model": ErrorAnswer}}


class OfChannel(Payload):
    """Which channel; `amazon` where none is named."""

    channel: Channel = "amazon"


class ResumeAsked(OfChannel):
    """What to resume: the channel, or one SKU on it. `confirm` what was about to be set to zero."""

    sku: SkuText | None = None
    confirm: bool = False


class ReconcileAsked(OfChannel):
    """What to look at: one SKU's listing, or every one."""

    sku: SkuText | None = None


class WalkAnswer(Answer):
    """A walk over all listings: `looked` at so many, `differed` of them showed what was not known before."""

    began: Instant
    ended: Instant | None
    looked: int
    differed: int


class ChannelAnswer(Answer):
    """One channel. `sends` tells whether what is due is sent: it is `live`, and not paused.

    `due` SKUs are to be told or asked, of `awaited` word is awaited; both counts end at 1,000. `seller` is null where
    none is connected. While it is paused, `pauseReason` tells why; `zeroed` of `listings` were to become zero.
    """

    channel: Channel
    seller: str | None
    mode: Mode
    sends: bool
    paused: bool
    pause_reason: PauseReason | None
    paused_at: Instant | None
    zeroed: int
    listings: int
    due: int
    awaited: int
    walk: WalkAnswer | None


class SyncAnswer(Answer):
    """The channels that are connected, or were ever switched."""

    count: int
    channels: tuple[ChannelAnswer, ...]


class DoneAnswer(Answer):
    """What was done; `changed` is false where it was so before."""

    ok: Literal[True] = True
    channel: Channel
    sku: str | None = None
    changed: bool
    message: str


@router.get("")
def sync_status(services: Use, caller: Reader) -> SyncAnswer:
    """Return how the caller's channels stand."""
    overseer = services.overseer
    found = [overseer.standing(caller.tenant, channel) for channel in overseer.channels(caller.tenant)]
    return SyncAnswer(count=len(found), channels=tuple(map(_shown, found)))


@router.post("/pause", openapi_extra=takes(OfChannel.model_json_schema()))
def pause(services: Use, caller: Admin, body: Body) -> DoneAnswer:
    """Send nothing to a channel until it is resumed. What it shows is still read and compared."""
    asked = _asked(OfChannel, body)
    changed = services.overseer.pause(caller.tenant, asked.channel)
    message = f"nothing is sent to {asked.channel}" if changed else f"{asked.channel} was paused before"
    return DoneAnswer(channel=asked.channel, changed=changed, message=f"{message}; `syncstate sync resume` goes on")


@router.post("/resume", openapi_extra=takes(ResumeAsked.model_json_schema()), responses=_REFUSED)
def resume(services: Use, caller: Admin, body: Body) -> DoneAnswer:
    """Send to a channel again what is due; or to tell again of one SKU that was stopped.

    Where it was paused because too many listings were about to become zero, `confirm` that they are to.
    """
    asked = _asked(ResumeAsked, body)
    if asked.sku is not None:
        _mapped(services, caller.tenant, asked.channel, asked.sku)
        services.overseer.resume_sku(caller.tenant, asked.channel, asked.sku)
        message = f"{asked.channel} is told of {asked.sku} again"
        return DoneAnswer(channel=asked.channel, sku=asked.sku, changed=True, message=message)
    standing = services.overseer.standing(caller.tenant, asked.channel)
    paused = standing.switch.pause
    if paused is not None and paused.reason == "zeroing" and not asked.confirm:
        raise _unconfirmed(asked.channel, paused)
    changed = services.overseer.resume(caller.tenant, asked.channel)
    what = "what is due is sent" if standing.mode is Mode.LIVE else f"but it is {standing.mode}, so nothing is sent"
    message = f"{asked.channel} goes on: {what}" if changed else f"{asked.channel} was not paused"
    return DoneAnswer(channel=asked.channel, changed=changed, message=message)


@router.post("/reconcile", openapi_extra=takes(ReconcileAsked.model_json_schema()), responses=_REFUSED)
def reconcile(services: Use, caller: Admin, body: Body) -> DoneAnswer:
    """Look now at what every listing shows, at half the rate that the channel grants; or at one SKU's."""
    asked = _asked(ReconcileAsked, body)
    sku = asked.sku
    if sku is not None:
        _mapped(services, caller.tenant, asked.channel, sku)
    standing = services.overseer.standing(caller.tenant, asked.channel)
    if standing.seller is None or standing.mode is Mode.OFF:
        why = "no seller is connected" if standing.seller is None else "it is off"
        hint = "`syncstate channel set` turns it on; settings connect a seller"
        raise Problem(HTTPStatus.CONFLICT, "not_tended", f"{asked.channel} cannot be looked at: {why}", hint=hint)
    services.overseer.reconcile(caller.tenant, asked.channel, sku)
    what = f"the listing of {asked.sku}" if asked.sku is not None else "every listing"
    message = f"{what} on {asked.channel} will be looked at"
    return DoneAnswer(channel=asked.channel, sku=asked.sku, changed=True, message=message)


Asked = TypeVar("Asked", bound=OfChannel)


def _asked(model: type[Asked], body: bytes) -> Asked:
    asked = read(model, body)
    if isinstance(asked, Refused):
        raise refusal(asked)
    return asked


def _mapped(services: Services, tenant: str, channel: Channel, sku: Sku) -> None:
    """Raise Problem unless the SKU is sold on the channel."""
    row = services.broadcasts.one(tenant, sku)
    listing = row.channels.get(channel) if row is not None else None
    if listing is None or listing.listing is None:
        message, hint = f"{sku} is not mapped to {channel}", "POST /api/mapping makes a mapping"
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_mapping", message, field="sku", hint=hint)


def _unconfirmed(channel: Channel, pause: ChannelPaused) -> Problem:
    message = f"{channel} was paused since {pause.zeroed} of its {pause.listings} listings were about to become zero"
    hint = 'look at their stock first; where it is right, confirm: `syncstate sync resume --yes`, or {"confirm": true}'
    return Problem(HTTPStatus.CONFLICT, "unconfirmed", message, field="confirm", hint=hint)


def _shown(standing: Standing) -> ChannelAnswer:
    switch = standing.switch
    pause = switch.pause
    return ChannelAnswer(
        channel=standing.channel,
        seller=standing.seller,
        mode=standing.mode,
        sends=standing.mode is Mode.LIVE and pause is None,
        paused=pause is not None,
        pause_reason=pause and pause.reason,
        paused_at=switch.paused_at,
        zeroed=pause.zeroed if pause else 0,
        listings=pause.listings if pause else 0,
        due=standing.due,
        awaited=standing.awaited,
        walk=_walk(standing.walk),
    )


def _walk(pass_: Pass | None) -> WalkAnswer | None:
    return None if pass_ is None else WalkAnswer.model_validate(pass_)
