"""The functions: one package for all, each with its own handler and its own part of the environment."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from localstack.account import Account
from localstack.layout import FUNCTIONS, Function, handler

Handlers = Callable[[Function], str]
Variables = Callable[[Function], Mapping[str, str]]

_MEMORY_MB: Final = 512


class Functions:
    """The layout's functions, made of the zip at `package` for `runtime`."""

    def __init__(
        self, account: Account, package: Path | None, runtime: str, variables: Variables, handlers: Handlers = handler
    ) -> None:
        """Take what tells a function's environment and its handler. Without `package` nothing can be created."""
        self._account, self._package, self._runtime = account, package, runtime
        self._variables, self._handlers = variables, handlers

    def create(self) -> None:
        """Create those that are missing, and bring the others' code, handler and environment up to date."""
        if self._package is None:
            raise ValueError("functions are made of a package, and none is given")
        code = self._package.read_bytes()
        for function in FUNCTIONS:
            found = self._found(function)
            if found is None:
                self._account.functions.create_function(
                    Role=f"arn:aws:iam::{self._account.id}:role/{self._account.name('functions')}",
                    Code={"ZipFile": code},
                    **self._configuration(function),
                )
            else:
                self._update(function, found, code)
        for function in FUNCTIONS:
            self._account.functions.get_waiter("function_active_v2").wait(**self._named(function), WaiterConfig=_OFTEN)

    def flaws(self) -> Iterator[str]:
        """Yield a sentence for each that is missing or not as it should be. Without a runtime any is right."""
        for function in FUNCTIONS:
            found = self._found(function)
            if found is None:
                yield f"function {self._account.name(function.name)} does not exist"
                continue
            for name, wanted in self._configuration(function).items():
                if found.get(name) != wanted and (self._runtime or name != "Runtime"):
                    yield f"function {self._account.name(function.name)} has another {name}"

    def delete(self) -> None:
        """Delete those that are there."""
        client = self._account.functions
        for function in FUNCTIONS:
            try:
                client.delete_function(**self._named(function))
            except client.exceptions.ResourceNotFoundException:
                continue

    def arn(self, function: Function) -> str:
        """Return a function's name, as schedules and the HTTP API want it."""
        return f"arn:aws:lambda:{self._account.region}:{self._account.id}:function:{self._account.name(function.name)}"

    def _update(self, function: Function, found: Mapping[str, Any], code: bytes) -> None:
        client = self._account.functions
        if found["CodeSha256"] != b64encode(sha256(code).digest()).decode():
            client.update_function_code(**self._named(function), ZipFile=code)
            client.get_waiter("function_updated_v2").wait(**self._named(function), WaiterConfig=_OFTEN)
        wanted = self._configuration(function)
        if any(found.get(name) != value for name, value in wanted.items()):
            client.update_function_configuration(**wanted)
            client.get_waiter("function_updated_v2").wait(**self._named(function), WaiterConfig=_OFTEN)

    def _configuration(self, function: Function) -> dict[str, Any]:
        return {
            **self._named(function),
            "Runtime": self._runtime,
            "Handler": self._handlers(function),
            "Timeout": int(function.timeout.total_seconds()),
            "MemorySize": _MEMORY_MB,
            "Environment": {"Variables": dict(self._variables(function))},
        }

    def _named(self, function: Function) -> dict[str, Any]:
        return {"FunctionName": self._account.name(function.name)}

    def _found(self, function: Function) -> Mapping[str, Any] | None:
        client = self._account.functions
        try:
            return client.get_function_configuration(**self._named(function))
        except client.exceptions.ResourceNotFoundException:
            return None


_OFTEN: Final[Any] = {"Delay": 1, "MaxAttempts": 120}
