"""How a command finds the server that runs on its data folder: a note beside the database."""

from pathlib import Path

import httpx
import msgspec

NOTE = "server.json"
_PATIENCE = 2.0


class Presence(msgspec.Struct, frozen=True):
    """A running server: where it answers, its process, and the name of this run of it."""

    url: str
    pid: int
    instance: str


def announce(data: Path, presence: Presence) -> None:
    """Write the note, whole or not at all."""
    draft = data / f"{NOTE}.{presence.pid}"
    draft.write_bytes(msgspec.json.encode(presence))
    draft.replace(data / NOTE)


def withdraw(data: Path, presence: Presence) -> None:
    """Remove the note, unless another server has written its own."""
    if _read(data) == presence:
        (data / NOTE).unlink(missing_ok=True)


def find(data: Path) -> Presence | None:
    """Return the server that runs on `data`, None where none does. A note left by a killed server does not deceive."""
    noted = _read(data)
    if noted is None:
        return None
    try:
        health = httpx.get(f"{noted.url}/health", timeout=_PATIENCE, trust_env=False).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    return noted if isinstance(health, dict) and health.get("instance") == noted.instance else None


def _read(data: Path) -> Presence | None:
    try:
        return msgspec.json.decode((data / NOTE).read_bytes(), type=Presence)
    except (OSError, msgspec.MsgspecError):
        return None
