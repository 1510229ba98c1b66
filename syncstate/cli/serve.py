"""syncstate serve: the server."""

import structlog
import typer

from syncstate import logs, serving
from syncstate.cli.failures import sentences
from syncstate.cli.options import Data, Host, Port, settings_with
from syncstate.wiring import System

_KEYLESS = (
    "there is no key, so whoever reaches this server through a proxy or a tunnel may do everything: make one with "
    "`syncstate keys create` before anything is put in front of it"
)
_log = structlog.get_logger("syncstate")


def serve(data: Data = None, host: Host = None, port: Port = None) -> None:
    """Run the server until Ctrl-C.

    It keeps everything in one data folder, listens on this machine alone, and needs no other service. Settings come
    from the environment, SYNCSTATE_...; options win over them.

    \b
    Examples:
      syncstate serve
      syncstate serve --data /var/lib/syncstate --port 8080
      SYNCSTATE_SHOPIFY_SECRETS='{"my-shop.myshopify.com": ["secret"]}' syncstate serve
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    settings = settings_with(data=data, host=host, port=port)
    logs.configure(settings.log_level, settings.log_format)

    def ready(system: System, url: str) -> None:
        secrets = settings.shopify_secrets or settings.shopify_webhook_secret
        if secrets and not system.services.guard.keys.any_active():
            _log.warning("keys.none", advice=_KEYLESS)
        print(f"SyncState serves {settings.data} at {url} (API: {url}/docs). Ctrl-C stops it.", flush=True)

    with sentences():
        code = serving.run(settings, ready=ready)
    raise typer.Exit(code)
