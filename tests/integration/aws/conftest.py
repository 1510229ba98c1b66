"""Functions over DynamoDB Local, each test with tables of its own, and clients that fail when they are told to."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import boto3
import pytest

from processor.adapters.dynamodb import DynamoStore, client_config, tables
from processor.adapters.dynamodb.retries import Patience
from processor.clock import system_clock
from syncstate.stores import RACES
from tests.integration.dynamodb.faults import Faults

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

PATIENCE = Patience(attempts=4, races=RACES, first=timedelta(milliseconds=1), longest=timedelta(milliseconds=4))
"""That of a store whose facts may wait, in a hurry."""

_numbers = count(1)


@pytest.fixture
def surroundings(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a function, with a database of its own."""
    for name in [name for name in os.environ if name.startswith("SYNCSTATE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the credentials it was built with
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"aws{os.getpid()}x{next(_numbers)}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("SYNCSTATE_DYNAMODB_ENDPOINT", endpoint)


@pytest.fixture
def client(surroundings: None, endpoint: str) -> "Iterator[DynamoDBClient]":
    """A client to the database, which has empty tables."""
    del surroundings
    client = boto3.client("dynamodb", endpoint_url=endpoint, config=client_config())
    tables.create(client)
    yield client
    client.close()


@pytest.fixture
def faults(client: "DynamoDBClient") -> Faults:
    """The client of `store`, ready to fail."""
    return Faults(client)


@pytest.fixture
def store(faults: Faults) -> Iterator[DynamoStore]:
    """A store whose client fails as the test tells it."""
    with closing(DynamoStore(faults.as_client(), clock=system_clock, patience=PATIENCE)) as store:
        yield store


@pytest.fixture
def stores(client: "DynamoDBClient") -> Iterator[Callable[[], DynamoStore]]:
    """Make stores upon the same tables, as other functions have them, whose clients do not fail."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(DynamoStore(client, clock=system_clock)))
