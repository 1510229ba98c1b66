"""/api/keys: who may call, and as what."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field, StringConstraints

from ingest.outcome import Refused
from ingest.reading import Payload, read
from processor.clock import Instant
from web.answers import Answer
from web.body import Body, refusal, takes
from web.callers import Admin, Caller
from web.guard.keys import MAX_NAME_CHARS, Key
from web.guard.roles import Role
from web.problems import ANSWERS, Problem
from web.services import Use

router = APIRouter(prefix="/api/keys", tags=["keys"], responses=ANSWERS)


class KeyAsked(Payload):
    """A key to be made. Without `tenant` it is of the caller's own."""

    tenant: str | None = None
    role: Role
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NAME_CHARS)] = ""


class KeyAnswer(Answer):
    """A key, without its secret. `revokedAt` is null while it works."""

    id: str
    tenant: str
    role: Role
    name: str
    created_at: Instant
    revoked_at: Instant | None


class NewKeyAnswer(KeyAnswer):
    """A key that was just made. `key` is its text, which is shown this once."""

    key: str


class KeysAnswer(Answer):
    """Keys, oldest first, the revoked ones too."""

    count: int
    keys: tuple[KeyAnswer, ...]


class RevokedAnswer(Answer):
    """The key works no more: here at once, at other servers within five seconds."""

    ok: Literal[True] = True
    key: KeyAnswer = Field(description="the key, with the time at which it was revoked")


@router.post("", status_code=HTTPStatus.CREATED, openapi_extra=takes(KeyAsked.model_json_schema()))
def create_key(services: Use, caller: Admin, body: Body) -> NewKeyAnswer:
    """Make a key of the caller's tenant, and show its text this once."""
    asked = read(KeyAsked, body)
    if isinstance(asked, Refused):
        raise refusal(asked)
    if asked.tenant not in {None, caller.tenant}:
        message = f"this caller makes keys of tenant {caller.tenant} alone"
        hint = "`syncstate keys create --tenant` makes keys of any tenant, where the data folder is"
        raise Problem(HTTPStatus.FORBIDDEN, "foreign_tenant", message, field="tenant", hint=hint)
    key, text = services.guard.keys.create(caller.tenant, asked.role, asked.name)
    return NewKeyAnswer(**_shown(key).model_dump(by_alias=False), key=text)


@router.get("")
def list_keys(
    services: Use,
    caller: Admin,
    every: Annotated[bool, Query(description="of all tenants: for the operator's commands alone")] = False,  # noqa: FBT002 - a parameter of the address
) -> KeysAnswer:
    """Return the keys of the caller's tenant."""
    if every and not caller.operator:
        message = f"this caller sees keys of tenant {caller.tenant} alone"
        raise Problem(HTTPStatus.FORBIDDEN, "foreign_tenant", message, field="every", hint="leave `every` out")
    keys = services.guard.keys.every(None if every else caller.tenant)
    return KeysAnswer(count=len(keys), keys=tuple(map(_shown, keys)))


@router.post("/{id}/revoke")
def revoke_key(
    services: Use, caller: Admin, key_id: Annotated[str, Path(alias="id", description="the key's `id`")]
) -> RevokedAnswer:
    """Let a key work no more. Revoking it again changes nothing."""
    key = services.guard.keys.revoke(key_id, _tenant_of(caller))
    if key is None:
        message = "there is no such key"
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_key", message, field="id", hint="`syncstate keys list` shows them")
    return RevokedAnswer(key=_shown(key))


def _tenant_of(caller: Caller) -> str | None:
    return None if caller.operator else caller.tenant


def _shown(key: Key) -> KeyAnswer:
    return KeyAnswer.model_validate(key)
