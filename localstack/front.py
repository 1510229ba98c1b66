"""The way in over HTTP: an HTTP API with a route to each function, or where there is none, a URL per function."""

from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from localstack.account import Account
from localstack.functions import Functions
from localstack.layout import FUNCTIONS, HTTP_API, Function
from localstack.schedules import permit

Kind = Literal["api", "urls"]

_NOT_IMPLEMENTED: Final = 501
_STAGE: Final = "$default"
_RESOLVING: Final = ".localhost.localstack.cloud"
"""What ends in it resolves to this machine, by public DNS."""


class Address(NamedTuple):
    """Where to post webhooks and where the API is, both without a slash at the end."""

    webhook: str
    api: str


class Front:
    """The HTTP API (`kind` "api"), function URLs ("urls"), or the first that the emulator has (None)."""

    def __init__(self, account: Account, functions: Functions, kind: Kind | None = None) -> None:
        self._account, self._functions, self._kind = account, functions, kind
        self._gateway: Any = account.client("apigatewayv2")

    def create(self) -> None:
        """Create it; again changes nothing."""
        if self._has_gateway():
            self._create_api()
        else:
            for function in _routed():
                self._create_url(function)

    def flaws(self) -> Iterator[str]:
        """Yield a sentence where it is missing."""
        if self.address() is None:
            yield "there is no way in over HTTP"

    def delete(self) -> None:
        """Delete it where it is there."""
        if self._has_gateway() and (api := self._api()):
            self._gateway.delete_api(ApiId=api)
        for function in _routed():
            self._delete_url(function)

    def address(self) -> Address | None:
        """Return where it is, None where it is not."""
        if self._has_gateway():
            api = self._api()
            base = f"{self._account.endpoint}/_aws/execute-api/{api}/%24default"
            return Address(base, base) if api and self._routes(api) else None
        found = [self._url(function) for function in _routed()]
        webhook, api = found
        return Address(webhook, api) if webhook and api else None

    def _has_gateway(self) -> bool:
        if self._kind is None:
            self._kind = "api"
            try:
                self._gateway.get_apis(MaxResults="1")
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != _NOT_IMPLEMENTED:
                    raise
                self._kind = "urls"
        return self._kind == "api"

    def _create_api(self) -> None:
        name = self._account.name(HTTP_API)
        api = self._api() or self._gateway.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
        source = f"arn:aws:execute-api:{self._account.region}:{self._account.id}:{api}/*"
        there = self._routes(api)
        for function in _routed():
            permit(self._account, function, "apigateway", source, "api")
            for route in function.routes:
                if route not in there:
                    self._create_route(api, route, function)
        if _STAGE not in {stage["StageName"] for stage in self._gateway.get_stages(ApiId=api)["Items"]}:
            self._gateway.create_stage(ApiId=api, StageName=_STAGE, AutoDeploy=True)

    def _create_route(self, api: str, route: str, function: Function) -> None:
        integration = self._gateway.create_integration(
            ApiId=api,
            IntegrationType="AWS_PROXY",
            IntegrationUri=self._functions.arn(function),
            PayloadFormatVersion="2.0",
        )["IntegrationId"]
        self._gateway.create_route(ApiId=api, RouteKey=route, Target=f"integrations/{integration}")

    def _api(self) -> str | None:
        name = self._account.name(HTTP_API)
        return next((found["ApiId"] for found in self._gateway.get_apis()["Items"] if found["Name"] == name), None)

    def _routes(self, api: str) -> set[str]:
        return {route["RouteKey"] for route in self._gateway.get_routes(ApiId=api)["Items"]}

    def _create_url(self, function: Function) -> None:
        client, name = self._account.functions, self._account.name(function.name)
        if self._url(function) is None:
            client.create_function_url_config(FunctionName=name, AuthType="NONE")
            client.add_permission(
                FunctionName=name,
                StatementId="everyone",
                Action="lambda:InvokeFunctionUrl",
                Principal="*",
                FunctionUrlAuthType="NONE",
            )

    def _delete_url(self, function: Function) -> None:
        client = self._account.functions
        try:
            client.delete_function_url_config(FunctionName=self._account.name(function.name))
        except client.exceptions.ResourceNotFoundException:
            return

    def _url(self, function: Function) -> str | None:
        client = self._account.functions
        try:
            url = client.get_function_url_config(FunctionName=self._account.name(function.name))["FunctionUrl"]
        except client.exceptions.ResourceNotFoundException:
            return None
        host = urlsplit(url).hostname or ""
        if host.endswith(_RESOLVING):
            return url.rstrip("/")
        return f"{self._account.endpoint}/_aws/lambda-url/{host.partition('.')[0]}"


def _routed() -> list[Function]:
    """Return the functions with routes: the webhooks', then the API's."""
    return [function for function in FUNCTIONS if function.routes]
