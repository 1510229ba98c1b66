"""The syncstate command."""

import json
import sys
from typing import Any, NoReturn, cast

from syncstate.cli.failures import Failure

JSON = "--json"


def main() -> None:
    """Run the command line. A failure is one sentence on stderr and a code: 1, or 2 for a wrong use.

    Where JSON was asked for, it is one JSON value on stdout too: programs find an answer there in any case.
    """
    from syncstate.cli.app import app

    try:
        if JSON in sys.argv:
            _for_programs(app)
        app()
    except Failure as failure:
        if JSON in sys.argv:
            print(json.dumps(failure.told))
        print(f"syncstate: {failure}", file=sys.stderr)
        sys.exit(failure.code)


def _for_programs(app: Any) -> NoReturn:  # noqa: ANN401 - a Typer: importing it is what `main` puts off
    """Run the command and end. Raises Failure, for a wrong use too, which typer would only print."""
    from typer import Abort, BadParameter

    usage_error = cast(type[BadParameter], BadParameter.__bases__[0])  # where it is defined differs by release
    try:
        code = app(standalone_mode=False)
    except usage_error as error:
        raise Failure(error.format_message(), error.exit_code) from error
    except Abort as error:
        raise Failure("it was broken off", kind="aborted") from error
    sys.exit(code or 0)
