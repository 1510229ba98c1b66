"""The shops that a secret of AWS Secrets Manager registers, read anew every five minutes.

The old reading stays where Secrets Manager fails, so that its trouble is not the shops'. A delivery whose signature is
not right has the secret read at once, though not more often than every half a minute: a rotation works when it is made,
and forged deliveries cannot make us ask all day.
"""

from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from time import monotonic as system_monotonic

from pydantic import TypeAdapter, ValidationError

from ingest.shopify.hmac import Shop
from processor.errors import StoreUnavailable
from processor.logs import Logger
from syncstate.clients import checked
from syncstate.shops import EXAMPLE, Registration, shops_of

FRESH_SECONDS = 300.0
EARLY_SECONDS = 30.0
"""Between two readings for bad signatures, and after one that failed, at least so much time passes."""

_registration = TypeAdapter(Registration)
_log = Logger("syncstate.secrets")


class SecretShops(Mapping[str, Shop]):
    """The registered shops by domain. Looking one up may read the secret, and raises StoreUnavailable if it never was.

    Safe for several threads.
    """

    def __init__(self, read: Callable[[], str], tenant: str, monotonic: Callable[[], float] = system_monotonic) -> None:
        """`read` returns the secret's text or raises StoreUnavailable; a shop that names no tenant is of `tenant`."""
        self._read, self._tenant, self._monotonic = read, tenant, monotonic
        self._shops: Mapping[str, Shop] | None = None
        self._tried_at = self._read_at = self._early_at = float("-inf")
        self._lock = Lock()

    def __getitem__(self, domain: str) -> Shop:
        return self._current()[domain]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    def renew(self) -> bool:
        """Read the secret before its time, unless that was done a moment ago. Tells whether there is a new reading."""
        with self._lock:
            now = self._monotonic()
            if now - self._early_at < EARLY_SECONDS:
                return False
            self._early_at = now
            return self._renew()

    def _current(self) -> Mapping[str, Shop]:
        with self._lock:
            now = self._monotonic()
            if self._shops is None:
                self._tried_at = now
                self._shops, self._read_at = self._reading(), now
            elif now - self._read_at >= FRESH_SECONDS and now - self._tried_at >= EARLY_SECONDS:
                self._renew()
            return self._shops

    def _renew(self) -> bool:
        self._tried_at = self._monotonic()
        try:
            self._shops, self._read_at = self._reading(), self._tried_at
        except StoreUnavailable as error:
            _log.error("secrets.kept", reason=str(error), age=round(self._tried_at - self._read_at))
            return False
        return True

    def _reading(self) -> Mapping[str, Shop]:
        text = self._read()
        try:
            return shops_of(_registration.validate_json(text), None, self._tenant)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = ".".join(map(str, first["loc"])) or "the secret"
            raise StoreUnavailable(_READ, f"{place}: {first['msg']}; it holds JSON such as {EXAMPLE}") from None


_READ = "read the shops' secrets"


def secret_reader(name: str) -> Callable[[], str]:
    """Return what reads the secret `name` (or its ARN); its client is built at the first reading."""
    clients: list[Callable[[], str]] = []

    def read() -> str:
        if not clients:
            clients.append(_reader(name))
        return clients[0]()

    return read


def _reader(name: str) -> Callable[[], str]:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    # Shopify waits five seconds for its answer, and delivers again: a second try of ours would come too late.
    config = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1, "mode": "standard"})
    try:
        client = checked(boto3.client("secretsmanager", config=config))
    except (BotoCoreError, ValueError) as error:
        raise StoreUnavailable(_READ, f"{error} (look at AWS_DEFAULT_REGION)") from error

    def read() -> str:
        try:
            return client.get_secret_value(SecretId=name)["SecretString"]
        except ClientError as error:
            advice = _ADVICE.get(error.response["Error"].get("Code", ""), "")
            raise StoreUnavailable(_READ, f"{error}{advice.format(name=name)}") from error
        except KeyError:
            raise StoreUnavailable(_READ, f"{name} holds bytes: store JSON text, such as {EXAMPLE}") from None
        except BotoCoreError as error:
            raise StoreUnavailable(_READ, str(error)) from error

    return read


_ADVICE = {
    "AccessDeniedException": " (allow the function's role secretsmanager:GetSecretValue on {name})",
    "ResourceNotFoundException": " (SYNCSTATE_AWS_SECRET names {name}: make it in this region and account)",
}
