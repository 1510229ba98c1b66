"""What several folders of integration tests ask for."""

import pytest

from tests import servers


@pytest.fixture(scope="session")
def endpoint() -> str:
    """DynamoDB Local. Skips where it is missing; in CI that fails."""
    sentence = servers.missing("dynamodb")
    if sentence is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    return servers.dynamodb()
