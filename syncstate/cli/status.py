"""syncstate status: how the store and its read models stand."""

import json
from collections.abc import Iterator
from typing import Any

from syncstate.cli.connection import connected
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.printing import facts


def status(data: Data = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's form of a flag
    """Show what is stored, what lags, what is stopped and what is due.

    \b
    Examples:
      syncstate status
      syncstate status --data data/demo --json
    """  # noqa: D301
    with connected(settings_with(data=data)) as api:
        found = api.get("/api/status")
        if as_json:
            print(json.dumps(found))
            return
        where = f"served at {api.url}" if api.url else "no server runs"
        place = f"{api.data}, " if found["mode"] == "embedded" else ""
        facts(list(_lines(found, place + where)))


def _lines(found: dict[str, Any], where: str) -> Iterator[tuple[str, str]]:
    yield "store", f"{found['mode']}, {where}"
    yield "streams", ", ".join(f"{count} {kind}" for kind, count in found["streams"].items()) or "none yet"
    for number, projection in enumerate(found["projections"]):
        yield "" if number else "projections", _projection(projection)
    stopped = found["quarantined"]
    yield "quarantined", "none" if not stopped else f"{len(stopped)}, first {stopped[0]['stream']}"
    if found["deadLetters"]:
        yield "dead letters", f"{found['deadLetters']} kept: `syncstate quarantine list` tells why"
    due = ", ".join(f"{count} due at {channel}" for channel, count in found["dueBroadcasts"].items())
    yield "waiting", f"{found['queueSize']} requests, {due}"
    yield "alerts", f"{found['unreadAlerts']} unread"
    for number, target in enumerate(found["notices"]):
        yield "" if number else "told by", _target(target)


def _target(found: dict[str, Any]) -> str:
    last = f", the last at {found['gaveUpAt']}" if found["gaveUpAt"] else ""
    waiting = f", one waits since {found['waitingSince']}" if found["waitingSince"] else ""
    delivered = found["deliveredAt"] or "never"
    told = f"delivered last: {delivered}, {found['givenUp']} given up{last}{waiting}"
    return f"{found['target']} of {found['tenant']}: {told}"


def _projection(found: dict[str, Any]) -> str:
    lag = f"{found['lagging']} streams behind" if found["lagging"] else "up to date"
    building = f", generation {found['building']} is being built" if found["building"] else ""
    return f"{found['name']:<11} generation {found['live']}, {lag}{building}"
