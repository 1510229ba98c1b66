"""Running the program as a server: open, start, serve, finish, close."""

import os
import signal
from collections.abc import Callable
from ipaddress import ip_address

from syncstate import presence, server
from syncstate.presence import Presence
from syncstate.settings import Settings
from syncstate.wiring import System, assembled
from web.app import create_app

STOPPED_BY_KEYBOARD = 128 + signal.SIGINT


class AlreadyServed(Exception):
    """Another server runs on the data folder."""

    def __init__(self, settings: Settings, other: Presence) -> None:
        super().__init__(
            f"{settings.data} is served already, at {other.url} (process {other.pid}): use that server, stop it, or "
            "name another folder with --data"
        )
        self.other = other


class Unguarded(Exception):
    """The server would take unsigned orders from other machines."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"on {host} anyone who reaches this machine could send orders: set SYNCSTATE_SIGNED_ONLY=true and "
            "SYNCSTATE_SHOPIFY_SECRETS, or listen on 127.0.0.1"
        )


def run(
    settings: Settings,
    prepare: Callable[[System], None] = lambda _: None,
    ready: Callable[[System, str], None] = lambda _, __: None,
    stopping: Callable[[], None] = lambda: None,
) -> int:
    """Serve until a signal and return the exit code: 0, or 130 after Ctrl-C.

    `prepare` is called before anything runs in the background, `ready` with the address once requests are answered,
    `stopping` when a signal has come; the last two must not block.

    Raises AlreadyServed, Unguarded, PortTaken, SettingMissing, or a ProcessorError where the store cannot be opened.
    """
    if not _loopback(settings.host) and not (settings.signed_only and settings.shopify_secrets):
        raise Unguarded(settings.host)
    settings.data.mkdir(parents=True, exist_ok=True)
    other = presence.find(settings.data)
    if other is not None:
        raise AlreadyServed(settings, other)
    with assembled(settings) as system:
        bound = server.listen(settings.host, settings.port)
        own = Presence(server.url_of(bound), os.getpid(), system.services.instance)
        prepare(system)
        system.start()

        def started() -> None:
            presence.announce(settings.data, own)
            ready(system, own.url)

        try:
            stopped_by = server.serve(create_app(system.services), bound, started, stopping)
        finally:
            presence.withdraw(settings.data, own)
    return STOPPED_BY_KEYBOARD if stopped_by == signal.SIGINT else 0


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
