"""P4, P5 and the engine's part of P9: rebuilds under traffic, on every store."""

from functools import partial

from hypothesis.stateful import run_state_machine_as_test

from tests.properties.profiles import machine_settings
from tests.properties.rebuilding import Rebuilding


def test_whatever_interrupts_a_rebuild_readers_see_complete_models_that_never_step_back(kind: str) -> None:
    run_state_machine_as_test(partial(Rebuilding, kind), settings=machine_settings(kind))  # type: ignore[arg-type]  # any factory
