"""What `make localstack-up` has started, written down for the commands that come after it."""

import json
import os
from pathlib import Path
from typing import Literal, NamedTuple

from localstack.amazon import settings
from localstack.process import answers

FOLDER_VARIABLE = "LOCALSTACK_FOLDER"
"""Names the folder where it is written, where it is not `build/localstack`."""

Emulator = Literal["localstack", "ministack"]
HEALTH = {"localstack": "/_localstack/health", "ministack": "/_ministack/health"}


class Started(NamedTuple):
    """A running environment: its emulator, where it and the small Amazon are, and the process that keeps them.

    `inside` is the small Amazon's address as functions reach it, where that is another.
    """

    emulator: Emulator
    endpoint: str
    amazon: str
    pid: int | None = None
    inside: str | None = None

    @property
    def settings(self) -> dict[str, str]:
        """What tells a function how to reach the small Amazon."""
        return settings(self.inside or self.amazon)

    def answers(self) -> bool:
        """Whether the emulator does."""
        return answers(int(self.endpoint.rpartition(":")[2]), HEALTH[self.emulator]) is not None


def folder() -> Path:
    """Return the folder of the note and the log, made if need be."""
    named = os.environ.get(FOLDER_VARIABLE)
    chosen = Path(named) if named else Path(__file__).parents[1] / "build" / "localstack"
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


def write(started: Started) -> None:
    """Write down what was started."""
    note = _note()
    unfinished = note.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(started._asdict()))
    unfinished.replace(note)


def read() -> Started | None:
    """Return what was started and still answers, None where nothing does."""
    try:
        started = Started(**json.loads(_note().read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return started if started.answers() else None


def forget() -> None:
    """Let go of the note."""
    _note().unlink(missing_ok=True)


def log() -> Path:
    """Return where a process in the background says what it has to say."""
    return folder() / "log"


def _note() -> Path:
    return folder() / "running.json"
