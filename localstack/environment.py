"""The local AWS environment, whole: `python -m localstack.environment create|verify|show|delete`.

It works on whichever emulator AWS_ENDPOINT_URL names; `create` may be repeated, and mends what differs.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from localstack.account import Account, NotLocal
from localstack.bucket import Bucket
from localstack.front import Front, Kind
from localstack.functions import Functions, Handlers
from localstack.layout import BUFFER, FUNCTIONS, QUEUES, REDO, WORK, Function, handler
from localstack.mappings import Mappings
from localstack.queues import Queues
from localstack.schedules import Schedules
from localstack.secret import Secret
from localstack.stream import Stream
from localstack.tables import Tables
from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX

PACKAGE = "SYNCSTATE_FUNCTIONS_PACKAGE"
"""Names the functions' zip where it is not to be built; RUNTIME the Lambda runtime it is for."""

RUNTIME = "SYNCSTATE_FUNCTIONS_RUNTIME"
SHOPS = "SYNCSTATE_SHOPIFY_SECRETS"

DEMO_SHOP = "demo-shop.myshopify.com"
DEMO_SECRET = "a-secret-for-demos"  # noqa: S105 - of a shop that is none
_DEMO_SHOPS = json.dumps({DEMO_SHOP: [DEMO_SECRET]})

_PASSED_ON = "SYNCSTATE_AMAZON_"
"""Settings that functions which speak to Amazon take from this program's environment."""


class Part(Protocol):
    """One kind of what the environment holds."""

    def create(self) -> None:
        """Create what is missing and mend what differs."""
        ...

    def flaws(self) -> Iterator[str]:
        """Yield a sentence for whatever is not as it should be."""
        ...

    def delete(self) -> None:
        """Delete what is there."""
        ...


class Environment:
    """All parts, in the order in which they are created."""

    def __init__(  # noqa: PLR0913 - what an environment is made of
        self,
        account: Account,
        package: Path | None = None,
        runtime: str = "",
        *,
        settings: Mapping[str, str] | None = None,
        front: Kind | None = None,
        handlers: Handlers = handler,
    ) -> None:
        """Take the functions' `package`, and `settings`, from which shops and Amazon's addresses are taken."""
        self._account, self._settings = account, settings or {}
        self.queues, self.tables, self.stream = Queues(account), Tables(account), Stream(account)
        self.secret = Secret(account, self._settings.get(SHOPS) or _DEMO_SHOPS)
        self.functions = Functions(account, package, runtime, self.variables, handlers)
        self.front = Front(account, self.functions, front)
        self.bucket = Bucket(account)
        self.mappings = Mappings(account, self.tables, self.queues, self.stream, self.bucket)
        self._parts: tuple[Part, ...] = (
            *(self.tables, self.queues, self.stream, self.bucket, self.secret, self.functions),
            *(self.mappings, Schedules(account, self.functions), self.front),
        )

    def create(self) -> None:
        """Create or mend every part."""
        for part in self._parts:
            part.create()

    def flaws(self) -> Iterator[str]:
        """Yield a sentence for whatever is not as it should be."""
        for part in self._parts:
            yield from part.flaws()

    def delete(self) -> None:
        """Delete every part, last first."""
        for part in reversed(self._parts):
            part.delete()

    def variables(self, function: Function) -> dict[str, str]:
        """Return a function's environment."""
        urls = {f"SYNCSTATE_{name.upper()}_QUEUE": self.queues.url(name) or "" for name in (REDO, BUFFER, WORK)}
        sells = {name: value for name, value in self._settings.items() if name.startswith(_PASSED_ON)}
        return {
            "SYNCSTATE_STORE": "dynamodb",
            "SYNCSTATE_DYNAMODB_PREFIX": self._account.prefix,
            "SYNCSTATE_AWS_SECRET": self.secret.name,
            "SYNCSTATE_LOG_FORMAT": "json",
            **urls,
            **(sells if function.sells else {}),
        }

    def facts(self) -> dict[str, Any]:
        """Return where things are, by name."""
        address = self.front.address()
        return {
            "endpoint": self._account.endpoint,
            "prefix": self._account.prefix,
            "webhook": f"{address.webhook}/webhook/shopify" if address else None,
            "api": address.api if address else None,
            "queues": {name: self.queues.url(name) for name in QUEUES},
            "secret": self.secret.name,
            "functions": [self._account.name(function.name) for function in FUNCTIONS],
        }


def main(arguments: list[str] | None = None) -> int:
    """Create, verify, show or delete the local AWS environment at AWS_ENDPOINT_URL."""
    asked = _parser().parse_args(arguments)
    try:
        account = Account.surrounding(asked.prefix)
        building = asked.what == "create"
        package, runtime = _package(asked.package) if building else (None, "")
        environment = Environment(account, package, runtime, settings=os.environ, front=asked.front)
        return _done(environment, asked.what, as_json=asked.json)
    except NotLocal as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (ClientError, BotoCoreError) as error:
        sys.stderr.write(f"the emulator does not do it: {error}\n")
        return 1


def _done(environment: Environment, what: str, *, as_json: bool) -> int:
    if what == "delete":
        environment.delete()
        return 0
    if what == "create":
        environment.create()
    if what == "verify":
        flaws = list(environment.flaws())
        sys.stdout.write(json.dumps({"flaws": flaws}) + "\n" if as_json else "".join(f"{flaw}\n" for flaw in flaws))
        return 1 if flaws else 0
    facts = environment.facts()
    sys.stdout.write(json.dumps(facts) + "\n" if as_json else _told(facts))
    return 0


def _told(facts: Mapping[str, Any]) -> str:
    return "".join(f"{name:<9} {value}\n" for name, value in facts.items() if isinstance(value, str))


def _package(given: str | None) -> tuple[Path, str]:
    """Return the functions' zip and its runtime: the one that is named, else one for this Python."""
    from localstack import packaging

    named = given or os.environ.get(PACKAGE)
    if named:
        return Path(named), os.environ.get(RUNTIME) or packaging.runtime("here")
    return packaging.package(), packaging.runtime("here")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localstack.environment", description=main.__doc__)
    parser.add_argument("what", choices=("create", "verify", "show", "delete"))
    parser.add_argument("--prefix", default=DEFAULT_PREFIX, help="what all names begin with (default: %(default)s)")
    parser.add_argument(
        "--package", metavar="ZIP", help=f"the functions' package (default: ${PACKAGE}, else built now)"
    )
    parser.add_argument("--front", choices=("api", "urls"), help="HTTP API or function URLs (default: what there is)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
