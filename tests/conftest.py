"""The fixtures that every test may ask for."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack

import pytest
import structlog

from processor.store import Store
from tests import servers
from tests.stores import KINDS, Eventually, FixedClock, Place, fresh_place, fresh_store


def pytest_sessionfinish() -> None:
    """Stop the servers while their output can still be seen, and in each worker of pytest-xdist."""
    servers.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell of a missing server in one line for all its tests, not in one for each."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason in servers.told_missing:
            report.longrepr = ("tests/servers.py", 1, reason)
    return report


@pytest.fixture(autouse=True)
def logs_end_with_their_test() -> Iterator[None]:
    """What a test sets up for logging ends with it: no logger keeps it, and the defaults come back."""
    configure = structlog.configure
    structlog.configure = lambda **given: configure(**given | {"cache_logger_on_first_use": False})
    yield
    structlog.configure = configure
    structlog.reset_defaults()


@pytest.fixture(params=KINDS, scope="session")
def kind(request: pytest.FixtureRequest) -> str:
    """One kind of store after another. Skips where its server is missing; in CI that fails."""
    asked: str = request.param
    sentence = servers.missing(asked)
    if sentence is None:
        return asked
    if servers.required():
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture
def clock() -> FixedClock:
    """The clock of `store`."""
    return FixedClock()


@pytest.fixture
def place(kind: str) -> Iterator[Place]:
    """Empty storage of each kind, for tests that open it more than once."""
    with fresh_place(kind) as fresh:
        yield fresh


@pytest.fixture
def store(place: Place, clock: FixedClock) -> Store:
    """An empty store of each kind."""
    return place.open(clock)


@pytest.fixture
def stores(kind: str, clock: FixedClock) -> Iterator[Callable[[], Store]]:
    """Make empty stores of each kind, as many as the test calls for, all on `clock`."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(fresh_store(kind, clock))


@pytest.fixture
def eventually(kind: str) -> Eventually:
    """Assert what a store may be late to show."""
    return Eventually(kind)
