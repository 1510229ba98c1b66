"""syncstate config: every setting, and where its value comes from."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, SecretStr

from syncstate import configuration
from syncstate.cli.options import AsJson, Data, Host, Port, settings_with
from syncstate.configuration import Unknown
from syncstate.settings import Settings

MASK = "****"


def config(data: Data = None, host: Host = None, port: Port = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's form of a flag
    """Show every setting with where its value comes from; secrets are masked.

    A flag wins over the environment, the environment over .env in the working directory, that over the default.

    \b
    Examples:
      syncstate config
      syncstate config --port 8080
      syncstate config --json | jq '.settings[] | select(.origin != "default")'
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    flags = {"data": data, "host": host, "port": port}
    settings = settings_with(**flags)
    origins = configuration.origins(Settings, flags)
    unknown = list(configuration.unknown(Settings))
    if as_json:
        print(json.dumps({"settings": list(_settings(settings, origins)), "unknown": [u._asdict() for u in unknown]}))
        return
    for row in _settings(settings, origins):
        shown = row["value"] if isinstance(row["value"], str) else json.dumps(row["value"])
        print(f"{row['name']:<32} {'' if row['value'] is None else shown:<28} {row['origin']}".rstrip())
    for found in unknown:
        print(warning_of(found))


def warning_of(unknown: Unknown) -> str:
    """Return the sentence that points at a name which sets nothing."""
    hint = f": did you mean {unknown.nearest}?" if unknown.nearest else ""
    return f"{unknown.name} ({unknown.origin}) sets nothing{hint}"


def _settings(settings: Settings, origins: dict[str, str]) -> Iterator[dict[str, Any]]:
    for name, field in Settings.model_fields.items():
        yield {
            "name": configuration.names_of(name, field)[0],
            "value": _shown(getattr(settings, name)),
            "origin": origins[name],
            "sets": field.description,
        }


def _shown(value: object) -> object:
    """Return a value as JSON holds it; of a secret nothing is shown, not even its length."""
    match value:
        case SecretStr():
            return MASK
        case BaseModel():
            return {name: _shown(part) for name, part in value}
        case dict():
            return {str(name): _shown(part) for name, part in value.items()}
        case tuple() | list():
            return [_shown(part) for part in value]
        case None | bool() | int() | float():
            return value
        case _:
            return str(value)
