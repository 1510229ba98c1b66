"""Who made a browser send a request: a page of ours, or one of somebody else's that the merchant happens to look at."""

from collections.abc import Set as AbstractSet
from http import HTTPStatus
from typing import Any

from web.incoming import Incoming
from web.problems import Problem

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})


def not_foreign(request: Incoming, allowed: AbstractSet[str]) -> None:
    """Raise Problem (403) where another site's page would change something: any page can post to this machine.

    Browsers tell by `Sec-Fetch-Site`, older ones by `Origin`; programs send neither. Pages of the `allowed` origins
    may.
    """
    if request.method in _READING:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None:
        foreign = origin is not None and origin.partition("://")[2] != request.headers.get("host")
    else:
        foreign = site not in _OURS
    if foreign and origin not in allowed:
        message = "a page of another site may not send this"
        raise Problem(HTTPStatus.FORBIDDEN, "foreign_origin", message, hint="send it from a program, without Origin")


def cross_origin(allowed: AbstractSet[str]) -> dict[str, Any]:
    """Return what Starlette's CORSMiddleware is to answer to pages of `allowed` origins.

    A page shows its key in a header of its own making; what a browser would add by itself, it may not send.
    """
    return {
        "allow_origins": sorted(allowed),
        "allow_methods": ["GET", "POST", "DELETE"],
        "allow_headers": ["Authorization", "X-Api-Key", "Content-Type"],
        "expose_headers": ["Retry-After"],
        "allow_credentials": False,
        "max_age": 600,
    }
