"""P1, P2, P3, P4, P5, P7 and P10 under traffic, faults, crashes, releases and bugs, on every store."""

from functools import partial

from hypothesis.stateful import run_state_machine_as_test

from tests.properties.profiles import machine_settings
from tests.properties.traffic import Traffic


def test_whatever_goes_wrong_nothing_is_lost_or_counted_twice(kind: str) -> None:
    run_state_machine_as_test(partial(Traffic, kind), settings=machine_settings(kind))  # type: ignore[arg-type]  # any factory
