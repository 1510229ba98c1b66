"""Whatever happens between a shop and its Amazon: in the end each listing shows its broadcast (P6, P8, P9)."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.amazon.client import http_client
from channels.simulators.amazon.server import served
from tests.integration.channels.conftest import Stage
from tests.properties.market import NAMES, Act, Market
from tests.stores import fresh_place

EXAMPLES = {"memory": 60, "sqlite": 12, "dynamodb": 2}
OFTEN = ("sell", "buy", "deliver", "run")
KINDS = (*OFTEN, *OFTEN, "find", "edit", "edit", "lose", "wait", "fault", "join", "leave", "crash", "fail")
ACTS = st.builds(Act, st.sampled_from(KINDS), st.integers(0, len(NAMES) - 1), st.integers(0, 12))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    built = Stage()
    with served(built) as built.url:
        yield built


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with http_client() as client:
        yield client


@pytest.mark.parametrize("kind", EXAMPLES)
def test_in_the_end_each_listing_shows_its_broadcast(kind: str, stage: Stage, http: httpx.Client) -> None:
    @settings(max_examples=EXAMPLES[kind])
    @given(st.lists(ACTS, min_size=10, max_size=40), st.integers(0, 30))
    def check(acts: list[Act], settles: int) -> None:
        with fresh_place(kind) as place:
            market = Market(stage, http, place.open, timedelta(seconds=settles))
            try:
                for act in acts:
                    market.do(act)
                market.settle()
                right(market)
                rebuilt(market)
            finally:
                market.close()

    check()


def right(market: Market) -> None:
    """No observation moved stock, each listing shows its broadcast, and no limit was ever passed."""
    for name in NAMES:
        state = market.shop.state(name)
        assert state.balance.on_hand == market.on_hand[name], name
        assert market.shop.shown(name) == state.desired == max(0, market.on_hand[name]), name
        assert state.settled("amazon")
        assert (state.channels["amazon"].limit, state.channels["amazon"].ask) == (None, False)
        assert not market.shop.delivery(name).doubtful
    assert market.amazon.refused == {}


def rebuilt(market: Market) -> None:
    """A rebuild sends nothing, and gives the same."""
    sent, states = market.shop.sent(), [market.shop.state(name) for name in NAMES]
    market.shop.rebuild("broadcasts")
    assert [market.shop.state(name) for name in NAMES] == states
    for _ in range(3):
        market.do(Act("run", 0, 6))
    assert market.shop.sent() == sent


def test_eight_processes_and_a_take_over_never_ask_too_often(stage: Stage, http: httpx.Client) -> None:
    """The small Amazon counts; the one that holds the seller is killed while it sends."""
    with fresh_place("memory") as place:
        market = Market(stage, http, place.open, timedelta())
        for _ in range(7):
            market.do(Act("join", 0, 99))
        for _ in range(12):
            market.do(Act("sell", 0, 0))
            market.do(Act("find", 1, 0))
            market.do(Act("run", 0, 3))
        assert market.amazon.refused == {}
        market.do(Act("leave", 0, 0))
        market.do(Act("run", 0, 40))
        assert market.amazon.refused == {}
        market.settle()
        right(market)
        market.close()
