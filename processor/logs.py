"""Loggers that cost nothing before they are used: importing structlog takes longer than all that a webhook needs."""

import sys
from collections.abc import Callable
from typing import Any

_preparations: list[Callable[[], None]] = []


def when_imported(prepare: Callable[[], None]) -> None:
    """Have `prepare` called where a logger of ours is the first to import structlog, to set it up."""
    _preparations.append(prepare)


class Logger:
    """Structlog's logger of the same name, fetched with each line."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, method: str) -> Any:  # noqa: ANN401 - whatever structlog's logger has
        first = "structlog" not in sys.modules
        import structlog

        for prepare in _preparations if first else ():
            prepare()
        return getattr(structlog.get_logger(self._name), method)
