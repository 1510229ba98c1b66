"""What goes wrong here goes wrong on purpose: nobody needs to read of it."""

from collections.abc import Iterator
from logging import CRITICAL

import pytest
import structlog

from tests.properties import profiles

__all__ = ["profiles"]


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    yield
    structlog.configure(**before)
