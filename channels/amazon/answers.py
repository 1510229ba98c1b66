"""From what Amazon answered to a value, or to the error it stands for.

Every answer that is not 2xx raises, 503 and a bare 500 among them, and so does one that cannot be read.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from channels.amazon import wire
from channels.errors import Refused, Throttled, Unauthorised, Unreachable
from channels.http import Answer

Read = TypeVar("Read", bound=BaseModel)

MAX_RETRY_AFTER = timedelta(minutes=5)

_UNCHANGEABLE = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


class Missing(Refused):
    """There is nothing of the name that was asked for: a 404, whatever code comes with it."""


def read(what: str, answer: Answer, model: type[Read]) -> Read:
    """Return the body as `model`. Raises Unreachable where it is something else: then nobody knows what happened."""
    try:
        return model.model_validate_json(answer.body)
    except ValidationError as error:
        reason = f"answered {answer.status} with a body that cannot be read"
        raise Unreachable(what, reason, sent=True, granted=answer.granted) from error


def raise_for_throttling(what: str, answer: Answer) -> None:
    """Raise Throttled for a 429."""
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Throttled(what, _retry_after(answer), granted=answer.granted)


def raise_for_status(what: str, answer: Answer) -> None:
    """Raise the error that a status other than 2xx stands for."""
    status, granted = answer.status, answer.granted
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own numbers
        return
    raise_for_throttling(what, answer)
    code, message = _first_error(answer)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise Unauthorised(what, code, granted=granted)
    if status == HTTPStatus.NOT_FOUND:
        raise Missing(what, code, message, retry=True, granted=granted)
    if 400 <= status < 500 and status != HTTPStatus.REQUEST_TIMEOUT:  # noqa: PLR2004
        raise Refused(what, code, message, retry=status not in _UNCHANGEABLE, granted=granted)
    raise Unreachable(what, f"answered {status} ({code})", sent=True, granted=granted)


def raise_for_issues(what: str, submission: wire.Submission, granted: float | None) -> None:
    """Raise Refused unless the submission was accepted: INVALID comes with 200."""
    if submission.status == "ACCEPTED":
        return
    errors = [issue for issue in submission.issues if issue.severity == "ERROR"] or list(submission.issues)
    issues = tuple(f"{issue.code}: {issue.message}" for issue in errors)
    code = errors[0].code if errors else submission.status
    detail = errors[0].message if errors else ""
    raise Refused(what, code, detail, retry=True, issues=issues, granted=granted)


def _first_error(answer: Answer) -> tuple[str, str]:
    try:
        first = wire.ErrorList.model_validate_json(answer.body).errors[0]
    except ValidationError:
        return str(answer.status), ""
    return first.code, first.message


def _retry_after(answer: Answer) -> timedelta | None:
    """Return the pause asked for in seconds, within reason; Amazon sends no dates."""
    try:
        seconds = float(answer.headers["retry-after"])
        return min(max(timedelta(seconds=seconds), timedelta()), MAX_RETRY_AFTER)
    except (KeyError, ValueError, OverflowError):
        return None
