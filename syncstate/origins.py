"""The setting that names pages of other sites which may use the API."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")


def _divided(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _checked(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what a browser never sends as an Origin, `*` too: anybody's page is nobody's page."""
    wrong = next((origin for origin in origins if not _ORIGIN.fullmatch(origin)), None)
    if wrong is not None:
        raise ValueError(f"{wrong!r} is no origin: one looks like https://shop.example, without a path or *")
    return origins


Origins = Annotated[tuple[str, ...], BeforeValidator(_divided), AfterValidator(_checked)]
"""Origins as browsers send them, divided by commas or as a JSON list."""
