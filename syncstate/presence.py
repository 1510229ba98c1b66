"""How a command finds the server that runs on its data folder: a note beside the database.

The note holds the operator's token, so its owner alone may read it: whoever may read the data may administer it.
"""

import os
from pathlib import Path

import httpx
import msgspec

NOTE = "server.json"
_PATIENCE = 2.0


class Presence(msgspec.Struct, frozen=True):
    """A running server: where it answers, its process, the name of this run of it, and the operator's token."""

    url: str
    pid: int
    instance: str
    token: str

    def __repr__(self) -> str:
        """Leave the token out."""
        return f"Presence({self.url}, {self.pid}, {self.instance})"


def announce(data: Path, presence: Presence) -> None:
    """Write the note, whole or not at all, for its owner alone to read."""
    draft = data / f"{NOTE}.{presence.pid}"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(msgspec.json.encode(presence))
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
