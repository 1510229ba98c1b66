"""Whatever is sold, edited, lost, told twice or killed: in the end Amazon shows the stock, and nothing is hidden."""

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from channels.amazon.client import http_client
from channels.simulators.amazon.server import served
from tests import servers
from tests.integration.channels.conftest import Stage
from tests.properties.circle import NAMES, OPENED, a_circle

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Not made smaller when it fails: a life takes a second or so. The blob that is printed lives it again."""

EXAMPLES = {"sqlite": 25, "dynamodb": 2}

names, units = st.sampled_from(NAMES), st.integers(1, 4)
HAPPENINGS = st.one_of(
    st.tuples(st.just("shopify"), names, units, st.integers(1, 2)).map(lambda it: (it[0], it[1:], {})),
    st.tuples(st.just("rush"), names, st.integers(2, 15)).map(lambda it: (it[0], it[1:], {})),
    st.tuples(st.just("find"), names, units | units.map(lambda n: -n)).map(lambda it: (it[0], it[1:], {})),
    st.tuples(st.just("buy"), names, units, st.booleans()).map(lambda it: (it[0], it[1:3], {"pending": it[3]})),
    st.tuples(st.just("buy"), names, units, st.booleans()).map(lambda it: (it[0], it[1:3], {"pending": it[3]})),
    st.tuples(st.just("cancel"), st.integers(0, 9), st.booleans()).map(lambda it: (it[0], it[1:2], {"restock": it[2]})),
    st.tuples(
        st.just("travel"), st.sampled_from([0.0, 3.0, 90.0]), st.sampled_from([0.0, 0.5]), st.sampled_from([0, 0.4, 1])
    ).map(lambda it: (it[0], it[1:], {})),
    st.tuples(st.just("edit"), names, st.integers(0, OPENED * 2) | st.just(OPENED * 20)).map(
        lambda it: (it[0], it[1:], {})
    ),
    st.tuples(
        st.just("fail"),
        st.sampled_from(["drop", "throttle", "status"]),
        st.sampled_from(["patch", "get", "searchOrders", "token"]),
        st.booleans(),
    ).map(lambda it: (it[0], it[1:3], {"applied": it[3] and it[1] == "drop"})),
    st.tuples(st.just("die"), st.sampled_from(["telling", "rows", "orders"]), st.integers(1, 2), st.booleans()).map(
        lambda it: (it[0], it[1:3], {"after": it[3]})
    ),
    st.sampled_from([("restart", (), {}), ("rebuild", (), {})]),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 20.0, 100.0])).map(lambda it: (it[0], it[1:], {})),
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    built = Stage()
    with served(built) as built.url:
        yield built


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with http_client() as client:
        yield client


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("dynamodb", marks=pytest.mark.slow)])
def test_the_circle_closes(stage: Stage, http: httpx.Client, kind: str) -> None:
    sentence = servers.missing(kind)
    if sentence is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)

    @settings(
        max_examples=EXAMPLES[kind],
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
        print_blob=True,
    )
    @given(happens=st.lists(HAPPENINGS, min_size=8, max_size=40), seed=st.integers(0, 9))
    @example(
        happens=[
            ("travel", (90.0, 0.5, 0.0), {}),
            ("buy", ("A", 2), {"pending": False}),
            ("cancel", (0,), {"restock": True}),
            ("shopify", ("A", 1, 2), {}),
            ("wait", (20.0,), {}),
            ("travel", (0.0, 0.0, 1), {}),
            ("buy", ("B", 3), {"pending": True}),
            ("edit", ("C", OPENED * 20), {}),
            ("wait", (100.0,), {}),
        ],
        seed=1,
    )
    def holds(happens: list[tuple[str, tuple[object, ...], dict[str, bool]]], seed: int) -> None:
        with a_circle(stage, http, kind, seed) as circle:
            for name, given_, named in happens:
                getattr(circle, name)(*given_, **named)
            circle.end()
            circle.check()

    holds()
