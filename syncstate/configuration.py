"""Where settings come from: a flag, else the environment, else `.env` in the working directory, else the default."""

import json
import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from dotenv import dotenv_values
from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource

PREFIX = "SYNCSTATE_"
FILE = ".env"
_IMPLIED = {"database_url": "postgres", "dynamodb_endpoint": "dynamodb"}
"""Settings that name a store's address choose that store where nothing else does."""


class TwoStores(ValueError):
    """The surroundings name two stores and choose none."""

    def __init__(self, origins: list[str]) -> None:
        super().__init__(f"{' and '.join(origins)} name different stores: choose one with SYNCSTATE_STORE")


class Found(NamedTuple):
    """What a setting was found to be, and where: `environment PORT`, `.env SYNCSTATE_HOST`."""

    text: str
    origin: str


class Unknown(NamedTuple):
    """A name that begins as ours do and sets nothing; `nearest` is one that does, None where none resembles it."""

    name: str
    origin: str
    nearest: str | None


class Surroundings(PydanticBaseSettingsSource):
    """The environment and `.env`, read when settings are built."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Ask `__call__` instead, which sees what one setting implies for another."""
        del field
        raise NotImplementedError(field_name)

    def __call__(self) -> dict[str, Any]:
        """Return the values found, each under the first name of its field. Raises TwoStores, or as `found_by_field`."""
        fields, found = self.settings_cls.model_fields, found_by_field(self.settings_cls)
        addresses = [found[name].origin for name in _IMPLIED if name in found]
        if len(addresses) > 1 and found["store"].origin in addresses and "store" not in self.current_state:
            raise TwoStores(addresses)
        return {_keys(name, fields[name])[0]: self._value(fields[name], text) for name, (text, _) in found.items()}

    def _value(self, field: FieldInfo, text: str) -> object:
        """Read JSON where the field is made of parts; what is no JSON is left for its validator to judge."""
        if not self.field_is_complex(field) or NoDecode in field.metadata:
            return text
        try:
            return json.loads(text)
        except ValueError:
            return text


def names_of(name: str, field: FieldInfo) -> list[str]:
    """Return the variables that set a field, the first one ours."""
    keys = _keys(name, field)
    return keys if isinstance(field.validation_alias, AliasChoices) else [PREFIX + name.upper()]


def found_by_field(settings: type[BaseSettings]) -> dict[str, Found]:
    """Return what the environment and `.env` set, by field.

    Raises OSError or UnicodeDecodeError for a `.env` that cannot be read.
    """
    places = tuple(_places())
    found: dict[str, Found] = {}
    for name, field in settings.model_fields.items():
        for origin, values in places:
            variable = next((known for known in names_of(name, field) if values.get(known)), None)
            if variable is not None:
                found[name] = Found(values[variable], f"{origin} {variable}")
                break
    implied = [name for name in _IMPLIED if name in found]
    if implied and "store" not in found:
        found["store"] = Found(_IMPLIED[implied[0]], found[implied[0]].origin)
    return found


def field_of(settings: type[BaseSettings], key: str) -> str:
    """Return the field that pydantic calls `key` in its errors, by name or by alias."""
    return next((name for name, field in settings.model_fields.items() if key in (name, *_keys(name, field))), key)


def origins(settings: type[BaseSettings], flags: Mapping[str, object]) -> dict[str, str]:
    """Return where each field's value comes from; `flags` are those given, by field."""
    found = found_by_field(settings)
    return {
        name: "flag" if flags.get(name) is not None else found[name].origin if name in found else "default"
        for name in settings.model_fields
    }


def unknown(settings: type[BaseSettings]) -> Iterator[Unknown]:
    """Yield what is set under names that begin as ours and that nothing reads."""
    known = [variable for name, field in settings.model_fields.items() for variable in names_of(name, field)]
    for origin, values in _places():
        for variable in sorted(values):
            if variable.startswith(PREFIX) and variable not in known:
                nearest = get_close_matches(variable, known, n=1, cutoff=0.75)
                yield Unknown(variable, origin, nearest[0] if nearest else None)


def _places() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the places in which settings are looked for, the first one first. Empty values count as unset."""
    yield "environment", {name: value for name, value in os.environ.items() if value}
    file = Path(FILE)
    written = dotenv_values(file, interpolate=False, encoding="utf-8") if file.is_file() else {}
    yield FILE, {name: value for name, value in written.items() if value}


def _keys(name: str, field: FieldInfo) -> list[str]:
    alias = field.validation_alias
    return [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [name]
