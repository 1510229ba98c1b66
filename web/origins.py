"""Who made a browser send a request: a page of ours, or one of somebody else's that the merchant happens to look at."""

from http import HTTPStatus

from fastapi import Request

from web.problems import Problem

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})


async def not_foreign(request: Request) -> None:
    """Raise Problem (403) where another site's page would change something: any page can post to this machine.

    Browsers tell by `Sec-Fetch-Site`, older ones by `Origin`; programs send neither.
    """
    if request.method in _READING:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None:
        foreign = origin is not None and origin.partition("://")[2] != request.headers.get("host")
    else:
        foreign = site not in _OURS
    if foreign:
        message = "a page of another site may not send this"
        raise Problem(HTTPStatus.FORBIDDEN, "foreign_origin", message, hint="send it from a program, without Origin")
