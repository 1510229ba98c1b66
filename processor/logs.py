"""Loggers that cost nothing before they are used: importing structlog takes longer than all that a webhook needs."""

from typing import Any


class Logger:
    """Structlog's logger of the same name, fetched at the first line."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, method: str) -> Any:  # noqa: ANN401 - whatever structlog's logger has
        import structlog

        return getattr(structlog.get_logger(self._name), method)
