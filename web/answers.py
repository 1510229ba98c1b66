"""The shape that all answers share: camelCase names, and one form for every error."""

from fastapi import Response
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True, from_attributes=True, frozen=True
    )


def sent(answer: Answer) -> Response:
    """Return a long answer as it is: FastAPI would check each of its parts once more."""
    return Response(answer.model_dump_json(), media_type="application/json")


class ErrorAnswer(Answer):
    """What was wrong: `error` for a person, `code` for a program.

    `field` names the part of the request, `hint` what to do; both only where there is something to say.
    """

    ok: bool = False
    error: str
    code: str
    field: str | None = None
    hint: str | None = None
