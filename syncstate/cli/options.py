"""The options that commands share, and the settings they override."""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from syncstate.cli.failures import Failure, of_settings
from syncstate.configuration import FILE, TwoStores
from syncstate.settings import Settings

Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="The data folder. [default: $SYNCSTATE_DATA or data]")
]
Host = Annotated[str | None, typer.Option("--host", help="The address to listen on. [default: 127.0.0.1]")]
Port = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one. [default: 3000]")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def settings_with(**given: Any) -> Settings:  # noqa: ANN401 - settings are of many types
    """Return the settings: what was `given` on the command line, else what `configuration` finds, else the defaults."""
    flags = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**flags)
    except ValidationError as error:
        raise of_settings(error, flags) from error
    except TwoStores as error:
        raise Failure(str(error), 2) from error
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{FILE} cannot be read ({error}): mend it or move it away", 2) from error
