"""How far a long work has come, on stderr: one line that changes on a terminal, a line now and then elsewhere."""

import sys
import time

_EVERY = {True: 0.2, False: 5.0}


class Progress:
    """Tells what is counted and how many so far, seldom enough to be read."""

    def __init__(self, doing: str) -> None:
        self._doing, self._terminal = doing, sys.stderr.isatty()
        self._due = time.monotonic() + _EVERY[self._terminal]
        self._shown = False

    def __call__(self, what: str, count: int) -> None:
        """Tell, if it is time."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + _EVERY[self._terminal]
        self._shown = True
        print(
            f"{self._doing}: {count:,} {what}", end="\x1b[K\r" if self._terminal else "\n", file=sys.stderr, flush=True
        )

    def end(self) -> None:
        """Take the line away."""
        if self._shown and self._terminal:
            print("\x1b[K", end="", file=sys.stderr, flush=True)
