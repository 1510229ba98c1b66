"""Which store settings name, in a word that tells it from every other and gives no secret away."""

import os
from collections.abc import Iterator
from hashlib import blake2b

from syncstate.settings import Settings

EMBEDDED = "embedded"
"""The store of a data folder: the folder itself names it."""

SECRETS = ("password", "sslpassword", "passfile")
"""What of PostgreSQL's address is nobody's business."""

_AWS = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")
"""What decides, besides our settings, whose tables they are."""


def store_named(settings: Settings) -> str:
    """Return `embedded`, or the mode and a hash of the address: `postgres-1f0c...`. A password has no part in it.

    Two names of one store (`localhost` and `127.0.0.1`) are told apart; two stores never have one name.
    """
    if settings.store in (EMBEDDED, "memory"):
        return settings.store
    address = _postgres(settings) if settings.store == "postgres" else _dynamodb(settings)
    return f"{settings.store}-{blake2b(chr(0).join(address).encode(), digest_size=8).hexdigest()}"


def _postgres(settings: Settings) -> Iterator[str]:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    given = settings.database_url.get_secret_value() if settings.database_url else ""
    try:
        named = {"host": "", "port": "5432"} | conninfo_to_dict(given)
    except ProgrammingError:
        named = {}  # it names no store at all, which opening it will tell
    yield from (f"{name}={value}" for name, value in sorted(named.items()) if name not in SECRETS)


def _dynamodb(settings: Settings) -> Iterator[str]:
    yield settings.dynamodb_endpoint or ""
    yield settings.dynamodb_prefix or ""
    yield from (os.environ.get(name, "") for name in _AWS)
