"""POST /api/channels/{channel}: how far a channel is trusted."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path

from channels.modes import Mode
from ingest.outcome import Refused
from ingest.reading import Payload, read
from stock.events import ModeName
from stock.identities import Channel
from web.answers import Answer
from web.body import Body, refusal, takes
from web.callers import Admin
from web.problems import ANSWERS
from web.services import Use

router = APIRouter(prefix="/api/channels", tags=["sync"], responses=ANSWERS)

Named = Annotated[Channel, Path(description="which channel")]

_DOES: dict[ModeName, str] = {
    "off": "nothing is read of it, and nothing is sent",
    "observe": "what it shows is read and compared, and nothing is sent",
    "live": "what is due is sent",
}


class ModeAsked(Payload):
    """How far to trust a channel."""

    mode: ModeName


class ModeAnswer(Answer):
    """The mode that holds now. `changed` tells whether it is new, `connected` whether there is a seller."""

    ok: Literal[True] = True
    channel: Channel
    mode: Mode
    changed: bool
    paused: bool
    connected: bool
    message: str


@router.post("/{channel}", openapi_extra=takes(ModeAsked.model_json_schema()))
def set_mode(services: Use, caller: Admin, body: Body, channel: Named) -> ModeAnswer:
    """Set how far a channel is trusted: `off`, `observe` or `live`. It is durable, and honoured within two seconds."""
    asked = read(ModeAsked, body)
    if isinstance(asked, Refused):
        raise refusal(asked)
    changed = services.overseer.set_mode(caller.tenant, channel, asked.mode)
    standing = services.overseer.standing(caller.tenant, channel)
    paused, connected = standing.switch.pause is not None, standing.seller is not None
    message = f"{channel} is {asked.mode}: {_DOES[asked.mode]}"
    if not connected:
        message += "; no seller is connected yet, so this holds once one is"
    elif paused and asked.mode == "live":
        message += ", once it is resumed: it is paused (`syncstate sync resume`)"
    return ModeAnswer(
        channel=channel,
        mode=standing.mode,
        changed=changed,
        paused=paused,
        connected=connected,
        message=message,
    )
