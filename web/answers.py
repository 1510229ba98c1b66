"""The shape that all answers share: camelCase names, and one form for every error."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import msgspec
from fastapi import Response
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True, from_attributes=True, frozen=True
    )


def lean(model: type[Answer]) -> Callable[..., msgspec.Struct]:
    """Return what makes parts of an answer that read like `model`, and checks nothing: for long lists.

    It takes the fields of `model` by name. The model stays what describes the answer.
    """
    fields = [(name, Any) for name in (*model.model_fields, *model.model_computed_fields)]
    return msgspec.defstruct(model.__name__, fields, rename=to_camel, frozen=True, gc=False)


def copied(model: type[Answer]) -> Callable[[object], msgspec.Struct]:
    """Return what makes such a part of an object whose attributes have the names of the fields of `model`."""
    shape, values = lean(model), attrgetter(*model.model_fields)
    return lambda source: shape(*values(source))


def sent(answer: msgspec.Struct) -> Response:
    """Return a long answer as it is: FastAPI would check each of its parts once more."""
    return Response(msgspec.json.encode(answer), media_type="application/json")


class ErrorAnswer(Answer):
    """What was wrong: `error` for a person, `code` for a program.

    `field` names the part of the request, `hint` what to do; both only where there is something to say.
    """

    ok: bool = False
    error: str
    code: str
    field: str | None = None
    hint: str | None = None
