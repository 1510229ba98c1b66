"""Every failure that httpx knows becomes one of ours."""

from datetime import timedelta
from time import monotonic

import httpx
import pytest

from channels.errors import Unreachable
from channels.http import Deadline, Request, exchange

NEVER_SENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "ProxyError"}


def every_kind(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *[deeper for below in kind.__subclasses__() for deeper in every_kind(below)]]


class Failing(httpx.BaseTransport):
    """A transport that fails in one way."""

    def __init__(self, kind: type[Exception]) -> None:
        self._kind = kind

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        del request
        raise self._kind("Illegal header value b'Atza|secret'")


KINDS = [kind for kind in every_kind(httpx.RequestError)] + [httpx.InvalidURL]  # noqa: C416 - reads as a list


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_failure_of_httpx_becomes_unreachable(kind: type[Exception]) -> None:
    with httpx.Client(transport=Failing(kind)) as http, pytest.raises(Unreachable) as caught:
        exchange(http, Request("ask", "GET", "http://a.example/", {}), Deadline(timedelta(seconds=1), monotonic))
    assert caught.value.sent is (kind.__name__ not in NEVER_SENT)
    if caught.value.sent:
        assert "secret" not in str(caught.value)
