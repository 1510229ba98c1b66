"""What can stop a command, as one sentence that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from pydantic import ValidationError

from processor.errors import ProcessorError
from syncstate.server import PortTaken
from syncstate.serving import AlreadyServed, Unguarded
from syncstate.stores import SettingMissing


class Failure(Exception):
    """Ends a command with `code`: 1, or 2 where it was used wrongly."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


@contextmanager
def sentences() -> Iterator[None]:
    """Turn what may go wrong underneath into a Failure."""
    try:
        yield
    except PortTaken as error:
        advice = "choose another with --port, or take a free one with --port 0"
        raise Failure(f"{error}: {advice}") from error
    except (AlreadyServed, Unguarded, SettingMissing, ProcessorError) as error:
        raise Failure(str(error)) from error
    except httpx.HTTPError as error:
        raise Failure(f"the server stopped answering ({error}): look at its log, then try again") from error
    except BrokenPipeError:
        raise
    except OSError as error:
        advice = ": name another folder with --data" if error.filename else ""
        raise Failure(f"{error.filename or 'the system'}: {error.strerror or error}{advice}") from error


def of_settings(error: ValidationError) -> Failure:
    """Return the failure that names the first setting that cannot be read."""
    first = error.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0]).upper() if first["loc"] else "the settings"
    return Failure(f"SYNCSTATE_{name.removeprefix('SYNCSTATE_')}: {first['msg']}", 2)
