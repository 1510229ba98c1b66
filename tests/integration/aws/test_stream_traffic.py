"""The stream's functions under everything that DynamoDB Streams, Lambda and SQS may do to them."""

from functools import partial

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests import servers
from tests.integration.aws.stream_world import StreamTraffic
from tests.properties.conftest import silence
from tests.properties.profiles import machine_settings

__all__ = ["silence"]


@pytest.mark.parametrize("kind", ["memory", "dynamodb"])
def test_in_the_end_every_model_is_the_fold_of_the_log(kind: str) -> None:
    if (sentence := servers.missing(kind)) is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    run_state_machine_as_test(partial(StreamTraffic, kind), settings=machine_settings(kind, 0.4))  # type: ignore[arg-type]  # any factory
