"""Cursors and limits. A cursor is opaque: text that continues a listing, safe in a URL."""

from base64 import b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Annotated

from fastapi import Query

from web.problems import invalid

Limit = Annotated[int, Query(ge=1, le=1000, description="how many at most")]
FewLimit = Annotated[int, Query(ge=1, le=250, description="how many at most")]
"""Of what costs more than to be read: sentences, each put into words."""

Cursor = Annotated[str | None, Query(max_length=4000, description="`nextCursor` of the page before")]
After = Annotated[int, Query(ge=0, le=10**12, description="the version to go on from, exclusive")]

_SEAL = 4
"""So many bytes of a hash stand before a cursor's text: what was cut or made up is told from what we gave out."""


def cursor(after: str | None) -> str | None:
    """Return the cursor of the page after `after`, None at a listing's end."""
    if after is None:
        return None
    text = after.encode()
    return urlsafe_b64encode(_seal(text) + text).decode().rstrip("=")


def position(given: str | None) -> str | None:
    """Return what `cursor` was made of. Raises Problem (400) for text that never was a cursor."""
    if given is None:
        return None
    try:
        raw = b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
        seal, text = raw[:_SEAL], raw[_SEAL:]
        if seal == _seal(text):
            return text.decode()
    except ValueError:
        pass
    raise invalid("cursor", ValueError("is not a cursor of this listing: begin again without one"))


def _seal(text: bytes) -> bytes:
    return blake2b(text, digest_size=_SEAL).digest()
