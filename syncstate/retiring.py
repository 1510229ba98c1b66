"""Deleting read models that nobody reads or folds any more: what rebuilds left behind."""

from collections.abc import Iterator
from threading import Event, Thread

import structlog

from processor.engine import Engine
from processor.errors import ProcessorError
from processor.models import Model

EVERY_SECONDS = 600.0
FIRST_SECONDS = 30.0
"""After a start so long is waited: processes of the release before still read what it folded."""

_log = structlog.get_logger("syncstate.retiring")


def retire(engine: Engine) -> Iterator[Model]:
    """Delete every generation that is retired and that no process folds; yield each. Raises ProcessorError."""
    for projection in engine.runner.projections:
        yield from engine.rebuild.retire(projection)


class Retiring:
    """Deletes them behind a server, now and then. What fails is tried again the next time."""

    def __init__(self, engine: Engine, *, first: float = FIRST_SECONDS, every: float = EVERY_SECONDS) -> None:
        self._engine, self._first, self._every = engine, first, every
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin; the thread ends with `stop`."""
        self._thread = Thread(target=self._run, name="retiring", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the deletion under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        wait = self._first
        while not self._stop.wait(wait):
            wait = self._every
            try:
                for model in retire(self._engine):
                    _log.info("projection.retired", projection=model.projection, generation=model.generation)
            except ProcessorError as error:
                _log.warning("projection.retiring_waits", reason=str(error))
