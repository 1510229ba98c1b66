"""The emulator that AWS_ENDPOINT_URL names, its clients, and the names of what is ours in it."""

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_kinesis import KinesisClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sqs import SQSClient

ENDPOINT = "AWS_ENDPOINT_URL"
REGION = "us-east-1"
KEY = "test"

_LOCAL = ("localhost", "127.0.0.1", "::1", "localhost.localstack.cloud", "localstack", "host.docker.internal")


class NotLocal(Exception):
    """The endpoint is AWS itself or a stranger's: nothing is created there, or deleted."""

    def __init__(self, endpoint: str | None) -> None:
        said = f"{ENDPOINT} is {endpoint}, which is not this machine" if endpoint else f"{ENDPOINT} is not set"
        super().__init__(f"{said}: set it to an emulator's address, as `make localstack-up` prints it")
        self.endpoint = endpoint


class Account:
    """One account of an emulator. `prefix` begins the name of all that is ours in it."""

    def __init__(
        self, endpoint: str | None, *, key: str = KEY, region: str = REGION, prefix: str = DEFAULT_PREFIX
    ) -> None:
        """Raise NotLocal unless `endpoint` is on this machine. `key` of twelve digits names an account."""
        if endpoint is None or urlsplit(endpoint).hostname not in _LOCAL:
            raise NotLocal(endpoint)
        self.endpoint, self.key, self.region, self.prefix = endpoint.rstrip("/"), key, region, prefix

    @classmethod
    def surrounding(cls, prefix: str) -> "Account":
        """Return the account that the environment's variables name. Raises NotLocal."""
        return cls(
            os.environ.get(ENDPOINT),
            key=os.environ.get("AWS_ACCESS_KEY_ID") or KEY,
            region=os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") or REGION,
            prefix=prefix,
        )

    @property
    def variables(self) -> dict[str, str]:
        """The environment's variables with which a client finds this account."""
        credentials = {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.key}
        return {ENDPOINT: self.endpoint, **credentials, "AWS_DEFAULT_REGION": self.region}

    def name(self, short: str) -> str:
        """Return the name, in the account, of what the layout calls `short`."""
        return f"{self.prefix}{short}"

    def client(self, service: str) -> Any:  # noqa: ANN401 - each service has a type of its own
        """Return a client of any service."""
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.key,
            config=Config(retries={"total_max_attempts": 3, "mode": "standard"}, read_timeout=120),
        )

    @cached_property
    def id(self) -> str:
        """The account's number."""
        number: str = self.client("sts").get_caller_identity()["Account"]
        return number

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """Tables."""
        return self.client("dynamodb")  # type: ignore[no-any-return]

    @cached_property
    def sqs(self) -> "SQSClient":
        """Queues."""
        return self.client("sqs")  # type: ignore[no-any-return]

    @cached_property
    def functions(self) -> "LambdaClient":
        """Functions and their event source mappings."""
        return self.client("lambda")  # type: ignore[no-any-return]

    @cached_property
    def kinesis(self) -> "KinesisClient":
        """Streams."""
        return self.client("kinesis")  # type: ignore[no-any-return]

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """Secrets."""
        return self.client("secretsmanager")  # type: ignore[no-any-return]
