"""The engine's own events, as the domain's codec reads them."""

import msgspec
import pytest

from processor.events import Event
from processor.ops import OpsEvent, ProjectionQuarantined, ProjectionRedriven, ops_event, ops_stream
from stock.codec import decode
from tests.factories import MORNING, NOON, a_recorded

STOPPED = ProjectionQuarantined("inventory", 2, "acme/sku/T/RED #1", 7, "KeyError: 'x'")
RESUMED = ProjectionRedriven("inventory", 2, "acme/sku/T/RED #1", 7)


def told(fact: OpsEvent = STOPPED, episode: str = "e1") -> Event:
    return ops_event(fact, episode, MORNING)


@pytest.mark.parametrize("fact", [STOPPED, RESUMED])
def test_they_come_back_from_their_events(fact: OpsEvent) -> None:
    event = told(fact)

    assert (event.type, event.schema, event.occurred_at) == (type(fact).__name__, 1, MORNING)
    assert decode(a_recorded(event)) == fact


def test_they_live_in_a_stream_per_tenant_and_projection() -> None:
    assert str(ops_stream("acme", "inventory")) == "acme/ops/inventory"


def test_one_stop_told_twice_is_one_fact_whatever_its_error_and_time() -> None:
    again = ops_event(msgspec.structs.replace(STOPPED, error="KeyError: 'y'"), "e1", NOON)

    assert (again.tx_id, again.digest) == (told().tx_id, told().digest)


@pytest.mark.parametrize(
    ("fact", "episode"),
    [
        (RESUMED, "e1"),
        (STOPPED, "e2"),
        (msgspec.structs.replace(STOPPED, version=8), "e1"),
        (msgspec.structs.replace(STOPPED, stream="acme/sku/U"), "e1"),
        (msgspec.structs.replace(STOPPED, generation=3), "e1"),
        (msgspec.structs.replace(STOPPED, projection="alerts"), "e1"),
    ],
)
def test_another_stop_is_another_fact(fact: OpsEvent, episode: str) -> None:
    assert told(fact, episode).tx_id != told().tx_id


def test_the_longest_stream_s_stop_has_a_bounded_tx() -> None:
    longest = f"{'t' * 40}/channel/{'x' * 1000}"

    events = [told(msgspec.structs.replace(STOPPED, stream=stream)) for stream in (longest, longest[:-1])]

    assert all(len(event.tx_id.encode()) <= 200 for event in events)
    assert events[0].tx_id != events[1].tx_id
