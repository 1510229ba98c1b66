"""A request as far as the guard and the busiest routes look at it: the framework's own, or a leaner one."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from starlette.datastructures import Address
from starlette.types import Message, Receive, Scope

CALLER = "syncstate.caller"
"""Where a request's scope keeps its caller, once the guard has admitted one."""


class Incoming(Protocol):
    """What Starlette's `Request` has, too."""

    @property
    def method(self) -> str:
        """The method, in capitals."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by their names in lower case; of several with one name, the first."""
        ...

    @property
    def client(self) -> Address | None:
        """Where it comes from, if that is known."""
        ...

    @property
    def scope(self) -> Scope:
        """What the server told of it, and what is noted about it here."""
        ...

    @property
    def app(self) -> Any:  # noqa: ANN401 - as Starlette has it
        """The application."""
        ...

    @property
    def receive(self) -> Callable[[], Awaitable[Message]]:
        """Brings the next part of its body."""
        ...


class Posted:
    """A POST request, read as it came: making Starlette's would cost more than some of the work it asks for."""

    __slots__ = ("headers", "receive", "scope")

    method = "POST"

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope, self.receive = scope, receive
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}

    @property
    def client(self) -> Address | None:
        """See `Incoming.client`."""
        found = self.scope.get("client")
        return None if found is None else Address(*found)

    @property
    def app(self) -> Any:  # noqa: ANN401 - as above
        """See `Incoming.app`."""
        return self.scope["app"]
