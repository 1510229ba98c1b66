"""What can stop a command, as one sentence that says what to do."""

import errno
import re
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

_CAPITAL = re.compile(r"(?<!^)[A-Z]")
_NO_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL)
_INVALID = HTTPStatus.BAD_REQUEST
_SECRETS = '{"your-shop.myshopify.com": ["its webhook secret"]}'


_HELP, _DOCTOR = "--help tells how the command is used", "`syncstate doctor` tells what is not well, and what to do"
_OF_THE_STORE = frozenset({"store_unavailable", "store_damaged", "store_emptied", "store_in_use", "schema_mismatch"})


class Failure(Exception):
    """Ends a command with `code`: 1, or 2 where it was used wrongly.

    `kind` is its name for programs; `account` what else they are told of it, as of the rows of a file.
    """

    def __init__(
        self, sentence: str, code: int = 1, *, kind: str | None = None, account: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(sentence)
        self.code, self.kind = code, kind or ("failed" if code == 1 else "usage")
        self.account = account or {}

    @property
    def told(self) -> dict[str, Any]:
        """The failure for programs: `{"ok": false, "error", "code", "hint"}` and its account."""
        hint = _HELP if self.code != 1 else _DOCTOR if self.kind in _OF_THE_STORE else None
        return {**self.account, "ok": False, "error": str(self), "code": self.kind, "hint": hint}


class Refusal(Failure):
    """The API's answer was an error. `answer` is its body; a request that cannot be read was a wrong use."""

    def __init__(self, status: int, answer: Mapping[str, Any], retry_after: str | None = None) -> None:
        hint = f" ({answer['hint']})" if answer.get("hint") else ""
        super().__init__(f"{answer.get('error', f'the answer was {status}')}{hint}", 2 if status == _INVALID else 1)
        self.status, self.answer, self.retry_after = status, answer, retry_after

    @property
    def told(self) -> dict[str, Any]:
        """The API's answer as it is."""
        return {"ok": False, "error": str(self), "code": f"http_{self.status}", "hint": None, **self.answer}


@contextmanager
def sentences() -> Iterator[None]:
    """Turn what may go wrong underneath into a Failure."""
    try:
        yield
    except PortTaken as error:
        raise Failure(f"{error}: {_listening(error)}", kind=_kind(error)) from error
    except (AlreadyServed, Unguarded, SettingMissing, CareRefused, ProcessorError) as error:
        raise Failure(str(error), kind=_kind(error)) from error
    except httpx.HTTPError as error:
        sentence = f"the server stopped answering ({error}): look at its log, then try again"
        raise Failure(sentence, kind="server_gone") from error
    except BrokenPipeError:
        raise
    except OSError as error:
        advice = ": name another folder with --data" if error.filename else ""
        sentence = f"{error.filename or 'the system'}: {error.strerror or error}{advice}"
        raise Failure(sentence, kind="system") from error


def of_settings(error: ValidationError, flags: Container[str] = ()) -> Failure:
    """Return the failure that names the first setting that cannot be read, and where it was found."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = field_of(Settings, str(first["loc"][0])) if first["loc"] else "store"
    found = None if field in flags else found_by_field(Settings).get(field)
    origin = f" (from {found.origin})" if found else ""
    example = f", for example {_SECRETS}" if field == "shopify_secrets" else ""
    return Failure(f"{PREFIX}{field.upper()}{origin}: {first['msg']}{example}", 2)


def _kind(error: Exception) -> str:
    """Return the name of an error for programs: StoreInUse is `store_in_use`."""
    return _CAPITAL.sub(r"_\g<0>", type(error).__name__).lower()


def _listening(error: PortTaken) -> str:
    """Return what to do where no socket could be opened."""
    cause = error.__cause__
    if isinstance(cause, socket.gaierror) or (isinstance(cause, OSError) and cause.errno in _NO_ADDRESS):
        return "name an address of this machine with --host, 127.0.0.1 for this machine alone"
    if isinstance(cause, PermissionError):
        return "ports below 1024 need a privilege; choose another with --port"
    return "choose another with --port, or take a free one with --port 0"
