"""DynamoDB Local with a database of its own for each test."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import boto3
import pytest

from processor.adapters.dynamodb import DynamoStore, client_config, tables
from processor.adapters.dynamodb.retries import Patience
from tests.integration.dynamodb.faults import Faults
from tests.stores import FixedClock

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

PATIENCE = Patience(attempts=4, races=6, first=timedelta(milliseconds=1), longest=timedelta(milliseconds=4))

_numbers = count(1)


@pytest.fixture
def database() -> str:
    """An access key: a database of its own."""
    return f"test{os.getpid()}x{next(_numbers)}"


@pytest.fixture
def client(endpoint: str, database: str) -> "Iterator[DynamoDBClient]":
    """A client to a new database with empty tables."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=database,
        aws_secret_access_key="local",  # noqa: S106 - DynamoDB Local asks for some key and checks none
        config=client_config(),
    )
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
    store = DynamoStore(faults.as_client(), clock=FixedClock(), patience=PATIENCE)
    yield store
    store.close()


@pytest.fixture
def rivals(client: "DynamoDBClient") -> Iterator[Callable[[], DynamoStore]]:
    """Make stores upon the same tables, as other processes would, whose clients do not fail."""
    with ExitStack() as stack:

        def rival() -> DynamoStore:
            other = DynamoStore(client, clock=FixedClock())
            stack.callback(other.close)
            return other

        yield rival


@pytest.fixture
def rival(rivals: Callable[[], DynamoStore]) -> DynamoStore:
    """A store upon the same tables, as another process would have it."""
    return rivals()
