from collections.abc import Iterator
from contextlib import closing

import pytest

from processor.clock import system_clock
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from tests.stores import Place


@pytest.fixture
def engine(place: Place) -> Iterator[Engine]:
    """The engine over an empty store of each kind."""
    with closing(Engine(place.open(), PROJECTIONS, decode, watch="inventory", clock=system_clock)) as engine:
        yield engine
