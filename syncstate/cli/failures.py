"""What can stop a command, as one sentence that says what to do."""

import errno
import socket
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import ValidationError

from processor.errors import ProcessorError
from syncstate.care import Refused as CareRefused
from syncstate.configuration import PREFIX, field_of, found_by_field
from syncstate.server import PortTaken
from syncstate.serving import AlreadyServed, Unguarded
from syncstate.settings import Settings
from syncstate.stores import SettingMissing

_NO_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL)
_INVALID = HTTPStatus.BAD_REQUEST
_SECRETS = '{"your-shop.myshopify.com": ["its webhook secret"]}'


class Failure(Exception):
    """Ends a command with `code`: 1, or 2 where it was used wrongly."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


class Refusal(Failure):
    """The API's answer was an error. `answer` is its body; a request that cannot be read was a wrong use."""

    def __init__(self, status: int, answer: Mapping[str, Any], retry_after: str | None = None) -> None:
        hint = f" ({answer['hint']})" if answer.get("hint") else ""
        super().__init__(f"{answer.get('error', f'the answer was {status}')}{hint}", 2 if status == _INVALID else 1)
        self.status, self.answer, self.retry_after = status, answer, retry_after


@contextmanager
def sentences() -> Iterator[None]:
    """Turn what may go wrong underneath into a Failure."""
    try:
        yield
    except PortTaken as error:
        raise Failure(f"{error}: {_listening(error)}") from error
    except (AlreadyServed, Unguarded, SettingMissing, CareRefused, ProcessorError) as error:
        raise Failure(str(error)) from error
    except httpx.HTTPError as error:
        raise Failure(f"the server stopped answering ({error}): look at its log, then try again") from error
    except BrokenPipeError:
        raise
    except OSError as error:
        advice = ": name another folder with --data" if error.filename else ""
        raise Failure(f"{error.filename or 'the system'}: {error.strerror or error}{advice}") from error


def of_settings(error: ValidationError, flags: Container[str] = ()) -> Failure:
    """Return the failure that names the first setting that cannot be read, and where it was found."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = field_of(Settings, str(first["loc"][0])) if first["loc"] else "store"
    found = None if field in flags else found_by_field(Settings).get(field)
    origin = f" (from {found.origin})" if found else ""
    example = f", for example {_SECRETS}" if field == "shopify_secrets" else ""
    return Failure(f"{PREFIX}{field.upper()}{origin}: {first['msg']}{example}", 2)


def _listening(error: PortTaken) -> str:
    """Return what to do where no socket could be opened."""
    cause = error.__cause__
    if isinstance(cause, socket.gaierror) or (isinstance(cause, OSError) and cause.errno in _NO_ADDRESS):
        return "name an address of this machine with --host, 127.0.0.1 for this machine alone"
    if isinstance(cause, PermissionError):
        return "ports below 1024 need a privilege; choose another with --port"
    return "choose another with --port, or take a free one with --port 0"
