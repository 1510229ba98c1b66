"""Lambda's functions in this process, upon a store of the benchmark's choice."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import structlog

from benchmarks.peer_model import FOLDS
from processor.clock import system_clock
from processor.generations import Generations
from processor.quarantine import Quarantine
from processor.runner import Runner
from processor.store import Store
from stock.codec import decode
from syncstate.lambdas import runtime
from syncstate.settings import Settings


def runner_over(store: Store) -> Runner:
    return Runner(store.log, store.models, Generations(store.registers, system_clock), FOLDS, decode)


@contextmanager
def process(store: Store) -> Iterator[Runner]:
    """Let the functions stand on `store`, as a process that has just begun."""
    runner = runner_over(store)
    quarantine = Quarantine(store, runner, system_clock)
    parts = runtime.Parts(Settings(store="memory"), store, runner, quarantine, system_clock, None, None, None)
    with mock.patch.object(runtime, "parts", return_value=parts):
        yield runner


@contextmanager
def quiet() -> Iterator[None]:
    """Let the log's lines be written, as JSON, to nowhere."""
    before = structlog.get_config()
    with Path(os.devnull).open("w") as nowhere:
        renderer = structlog.processors.JSONRenderer()
        structlog.configure(processors=[renderer], logger_factory=structlog.PrintLoggerFactory(nowhere))
        try:
            yield
        finally:
            structlog.configure(**before)
