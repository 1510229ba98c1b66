"""Running the program as a server: open, start, serve, finish, close."""

import gc
import os
import signal
from collections.abc import Callable

from syncstate import presence, server, shops
from syncstate.addresses import EMBEDDED, store_named
from syncstate.presence import Presence
from syncstate.settings import Settings
from syncstate.stores import DATABASE
from syncstate.wiring import System, assembled
from web.app import create_app
from web.guard.hosts import is_loopback

YOUNG_OBJECTS, YOUNG_SWEEPS, MIDDLE_SWEEPS = 20_000, 20, 100
"""When the collector of cycles looks: requests leave few cycles behind, and many objects that live for a moment."""

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
    """Others would reach a server that has no keys, or no secrets, to know anybody by."""

    def __init__(self, settings: Settings, *, keys: bool, secrets: bool) -> None:
        """Take what there is: `keys` that work, `secrets` of shops."""
        folder = f" --data {settings.data}" if settings.store == "embedded" else ""
        steps = [] if keys else [f"run `syncstate keys create --tenant {settings.tenant} --role admin{folder}`"]
        steps += [] if secrets else [f"set SYNCSTATE_SHOPIFY_SECRETS='{shops.EXAMPLE}'"]
        lacking = " and no ".join(name for name, there in (("keys", keys), ("secrets", secrets)) if not there)
        if is_loopback(settings.host):
            who, otherwise = "SYNCSTATE_REQUIRE_KEYS says that a proxy leads to", "unset SYNCSTATE_REQUIRE_KEYS"
        else:
            who = f"on {settings.host} other machines reach"
            otherwise = "listen on this machine alone with --host 127.0.0.1"
        super().__init__(
            f"{who} this server, which has no {lacking} to know its callers by: {' and '.join(steps)}, or {otherwise}"
        )
        self.keys, self.secrets = keys, secrets


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
    secrets = bool(settings.shopify_secrets or settings.shopify_webhook_secret or settings.aws_secret)
    reached = settings.require_keys or not is_loopback(settings.host)
    if reached and settings.store == "embedded" and not (settings.data / DATABASE).exists():
        raise Unguarded(settings, keys=False, secrets=secrets)
    settings.data.mkdir(parents=True, exist_ok=True)
    store = store_named(settings)
    other = presence.find(settings.data, store) if store == EMBEDDED else None
    if other is not None:
        raise AlreadyServed(settings, other)
    with assembled(settings) as system:
        keys = system.services.guard.keys.any_active()
        if reached and not (secrets and keys):
            raise Unguarded(settings, keys=keys, secrets=secrets)
        bound = server.listen(settings.host, settings.port)
        own = Presence(server.url_of(bound), os.getpid(), system.services.instance, system.services.guard.token)
        prepare(system)
        system.start()

        def started() -> None:
            presence.announce(settings.data, store, own)
            ready(system, own.url)

        try:
            app = create_app(system.services)
            _settle_memory()
            stopped_by = server.serve(app, bound, started, stopping)
        finally:
            presence.withdraw(settings.data, store, own)
    return STOPPED_BY_KEYBOARD if stopped_by == signal.SIGINT else 0


def _settle_memory() -> None:
    """Let the collector of cycles pass over what lives as long as the program, and come less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_SWEEPS, MIDDLE_SWEEPS)
