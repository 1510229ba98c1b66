"""A seller's buckets learn from what the channel answers."""

from datetime import timedelta

import pytest

from channels.allowance import LONGEST_THROTTLED, Allowance
from channels.errors import Refused, Throttled
from channels.limits import Rate
from channels.offers import SubmissionId, Submitted
from channels.sellers import Rates
from tests.unit.channels.ticking import Ticking

SECOND = timedelta(seconds=1)


@pytest.fixture
def time() -> Ticking:
    return Ticking()


@pytest.fixture
def allowance(time: Ticking) -> Allowance:
    fresh = Allowance(Rates(Rate(1, 5), Rate(0.5, 10)), time.monotonic)
    time.pass_(timedelta(minutes=1))
    return fresh


def test_two_operations_wait_for_the_slower(time: Ticking) -> None:
    allowance = Allowance(Rates(Rate(1, 5), Rate(0.5, 10)), time.monotonic)
    assert allowance.pause("set_quantity") == SECOND
    assert allowance.pause("set_quantity", "listing") == 2 * SECOND


def test_operations_have_buckets_of_their_own(allowance: Allowance) -> None:
    for _ in range(5):
        allowance.spend("set_quantity")
    assert allowance.pause("set_quantity")
    assert not allowance.pause("listing")


def test_a_second_request_behind_one_call_is_paid_for(allowance: Allowance) -> None:
    allowance.spend("set_quantity")
    allowance.heard("set_quantity", Submitted(SubmissionId("s"), requests=5))
    assert allowance.pause("set_quantity") == SECOND


def test_a_refusal_tells_the_granted_rate_too(allowance: Allowance) -> None:
    for _ in range(5):
        allowance.spend("set_quantity")
    allowance.heard("set_quantity", Refused("patch", "InvalidInput", retry=True, granted=0.1))
    assert allowance.pause("set_quantity") == 10 * SECOND


def test_throttling_is_honoured_for_as_long_as_the_channel_asks(allowance: Allowance) -> None:
    allowance.heard("set_quantity", Throttled("patch", 30 * SECOND))
    assert allowance.pause("set_quantity") == 31 * SECOND


def test_throttling_again_and_again_doubles_the_pause_up_to_a_limit(allowance: Allowance, time: Ticking) -> None:
    pauses = []
    for _ in range(8):
        allowance.heard("set_quantity", Throttled("patch"))
        pauses.append(allowance.pause("set_quantity") - SECOND)
        time.pass_(pauses[-1])
    assert pauses[:3] == [2 * SECOND, 4 * SECOND, 8 * SECOND]
    assert pauses[-1] == LONGEST_THROTTLED


def test_an_answer_ends_the_doubling(allowance: Allowance, time: Ticking) -> None:
    for _ in range(4):
        allowance.heard("set_quantity", Throttled("patch"))
    time.pass_(timedelta(minutes=5))
    allowance.heard("set_quantity", Submitted(SubmissionId("s")))
    allowance.heard("set_quantity", Throttled("patch"))
    assert allowance.pause("set_quantity") == 3 * SECOND
