"""How a command finds the server that runs on its store: a note in the data folder, one for each store.

Servers on PostgreSQL or DynamoDB leave theirs there too, by the store's name (see `addresses`): a command finds the
server of the store that its own settings name, and no other. The note holds the operator's token, so its owner alone
may read it: whoever may read the data may administer it.
"""

import os
from pathlib import Path

import httpx
import msgspec

from syncstate.addresses import EMBEDDED

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


def note_of(data: Path, store: str) -> Path:
    """Return where a server on `store` leaves its note."""
    return data / ("server.json" if store == EMBEDDED else f"server-{store}.json")


def announce(data: Path, store: str, presence: Presence) -> None:
    """Write the note, whole or not at all, for its owner alone to read."""
    note = note_of(data, store)
    draft = note.with_name(f"{note.name}.{presence.pid}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(msgspec.json.encode(presence))
    draft.replace(note)


def withdraw(data: Path, store: str, presence: Presence) -> None:
    """Remove the note, unless another server of the store has written its own."""
    note = note_of(data, store)
    if _read(note) == presence:
        note.unlink(missing_ok=True)


def find(data: Path, store: str) -> Presence | None:
    """Return a server that runs on `store` and notes so in `data`, None where none does.

    A note left by a killed server does not deceive.
    """
    noted = _read(note_of(data, store))
    if noted is None:
        return None
    try:
        health = httpx.get(f"{noted.url}/health", timeout=_PATIENCE, trust_env=False).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    return noted if isinstance(health, dict) and health.get("instance") == noted.instance else None


def _read(note: Path) -> Presence | None:
    try:
        return msgspec.json.decode(note.read_bytes(), type=Presence)
    except (OSError, msgspec.MsgspecError):
        return None
