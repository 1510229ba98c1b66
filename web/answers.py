"""The shape that all answers share: camelCase names, and one form for every error."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True, from_attributes=True, frozen=True
    )


class ErrorAnswer(Answer):
    """What was wrong: `error` for a person, `code` for a program.

    `field` names the part of the request, `hint` what to do; both only where there is something to say.
    """

    ok: bool = False
    error: str
    code: str
    field: str | None = None
    hint: str | None = None
