"""The three ports over three tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.config import Config

from processor.adapters.dynamodb.access import TableAccess
from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX, EVENTS, MODELS, REGISTERS
from processor.adapters.dynamodb.log import DynamoLog
from processor.adapters.dynamodb.models import DynamoModels
from processor.adapters.dynamodb.registers import DynamoRegisters
from processor.adapters.dynamodb.retries import Patience, Retries
from processor.adapters.dynamodb.workers import Workers
from processor.clock import Clock, system_clock

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

WORKERS = 16
STREAMS_A_SECOND = 1000


def client_config(workers: int = WORKERS, callers: int = 50) -> Config:
    """Return how a client for `DynamoStore` is to be built: `boto3.client("dynamodb", config=client_config())`.

    A connection for each of the store's workers and for each thread that calls the store. botocore's own retries are
    off, for only the adapter knows which requests may be repeated. Short timeouts: the repeat is safe and soon. No
    checks of parameters: the adapter's are typed, DynamoDB checks them too, and they take a third of a call's time.
    """
    return Config(
        max_pool_connections=workers + callers,
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=2,
        read_timeout=5,
        tcp_keepalive=True,
        parameter_validation=False,
    )


class DynamoStore:
    """A store on DynamoDB. Writes do not join: each stands alone, and callers are right either way.

    `client` is built by the caller with `client_config`; the tables `<prefix>events`, `<prefix>models` and
    `<prefix>registers` exist (`tables.create`, or the deployment). `workers` threads spread the requests of one call;
    `pace` bounds how many streams a second `lagging` walks.
    """

    joins = False

    def __init__(  # noqa: PLR0913 - the composition root's choices, each with a default
        self,
        client: "DynamoDBClient",
        prefix: str = DEFAULT_PREFIX,
        clock: Clock = system_clock,
        *,
        workers: int = WORKERS,
        patience: Patience | None = None,
        pace: int = STREAMS_A_SECOND,
    ) -> None:
        self._client, self._workers = client, Workers(workers)
        retries = Retries(patience or Patience())
        self.log = DynamoLog(TableAccess(client, prefix + EVENTS, retries), self._workers, clock)
        self.models = DynamoModels(TableAccess(client, prefix + MODELS, retries), self._workers, self.log, pace)
        self.registers = DynamoRegisters(TableAccess(client, prefix + REGISTERS, retries))

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Do nothing: each write inside stands, durable, alone."""
        yield

    def close(self) -> None:
        """Let the threads and the client's connections go."""
        self._workers.close()
        self._client.close()
