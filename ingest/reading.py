"""Reading what strangers send: JSON into payload models, and every mistake into one sentence."""

from collections.abc import Mapping, Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema

from ingest.outcome import Refused
from processor.streams import legible

MAX_ID_CHARS = 200
_TOP_LEVEL = "the body"


class Payload(BaseModel):
    """A part of a payload: fields we do not name are ignored and never stored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _id(value: object) -> str:
    """Keep every digit: vendors' ids pass 2^53, where a float would round them."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("must be a string or an integer")  # noqa: TRY004 - pydantic reads ValueError as a mistake
    text = str(value).strip()
    if not text or len(text) > MAX_ID_CHARS or not legible(text):
        raise ValueError(f"must be 1 to {MAX_ID_CHARS} printable characters")
    return text


def _optional_id(value: object) -> str | None:
    blank = value is None or (isinstance(value, str) and not value.strip())
    return None if blank else _id(value)


Id = Annotated[
    str,
    BeforeValidator(_id),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1, "maxLength": MAX_ID_CHARS}, {"type": "integer"}]}),
]
"""A vendor's or a client's identity: text, or an integer of any size read as its digits."""

OptionalId = Annotated[
    str | None,
    BeforeValidator(_optional_id),
    WithJsonSchema({"anyOf": [{"type": "string", "maxLength": MAX_ID_CHARS}, {"type": "integer"}, {"type": "null"}]}),
]
"""The same, or none: null or blank."""

Model = TypeVar("Model", bound=BaseModel)


class Mistake(ValueError):
    """A field holds what it may not; `hint` says what to do about it."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


def read(model: type[Model], body: bytes) -> Model | Refused:
    """Return the payload in `body`, or the refusal that names its first mistake."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        return _refusal(error)


def check(model: type[Model], given: Mapping[str, object]) -> Model | Refused:
    """Return the payload that `given` is, a JSON object already read; or the refusal, as `read` does."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        return _refusal(error)


def _refusal(error: ValidationError) -> Refused:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return Refused("invalid_json", f"the body is not JSON: {first['ctx']['error']}", hint=_ONE_VALUE)
    field = _path(first["loc"])
    cause = first.get("ctx", {}).get("error")
    reason = str(cause) if isinstance(cause, ValueError) else first["msg"]
    hint = cause.hint if isinstance(cause, Mistake) else _FIELDS if field else _AN_OBJECT
    return Refused("invalid", f"{field or _TOP_LEVEL}: {reason}", field or None, hint)


_ONE_VALUE = "send one JSON value in UTF-8, with double quotes and without a comma after the last part"
_AN_OBJECT = "send a JSON object, as /docs shows it for this address"
_FIELDS = "/docs shows what each field may hold"


def _path(place: Sequence[int | str]) -> str:
    """Write ("items", 0, "sku") as `items[0].sku`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
