"""The options that commands share, and the settings they override."""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_settings.exceptions import SettingsError

from syncstate.cli.failures import Failure, of_settings
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
    """Return the settings: what was `given` on the command line, else the environment's, else the defaults."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise of_settings(error) from error
    except SettingsError as error:
        example = '{"your-shop.myshopify.com": ["its webhook secret"]}'
        raise Failure(f"SYNCSTATE_SHOPIFY_SECRETS: must be JSON, for example {example}", 2) from error
