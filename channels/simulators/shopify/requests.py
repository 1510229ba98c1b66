"""What the small Shopify lets in: a token, and a GraphQL document that fits its schema with variables that fit it.

Sources: GraphQL Admin API, "Authentication", "Endpoints and queries"; "Shopify API response status and error codes".
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    VariableValues,
    get_variable_values,
    parse,
    validate,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

MAX_BODY_BYTES = 1_000_000
MAX_TOKENS = 5_000

_VERSION = re.compile(r"20\d\d-(01|04|07|10)|unstable")


class Bad(Exception):
    """The request is answered with `status` and these errors: a text, or, of GraphQL, a list."""

    def __init__(self, status: int, errors: object) -> None:
        super().__init__(f"{status}: {errors}")
        self.status, self.errors = status, errors


class Body(BaseModel):
    """The body of a GraphQL request."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    query: str = Field(min_length=1)
    variables: dict[str, Any] | None = None
    operation_name: str | None = Field(default=None, alias="operationName")


class Asked(msgspec.Struct, frozen=True):
    """A request that fits the schema. `raw` are its variables as they were sent."""

    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues
    raw: Mapping[str, Any]

    @property
    def name(self) -> str | None:
        """The operation's name, where it has one."""
        return self.operation.name.value if self.operation.name is not None else None

    @property
    def roots(self) -> tuple[FieldNode, ...]:
        """The fields at its root."""
        return tuple(part for part in self.operation.selection_set.selections if isinstance(part, FieldNode))

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of the fields at its root."""
        return tuple(node.name.value for node in self.roots)


def check_caller(request: Request, token: str) -> None:
    """Refuse a request without the app's token, or for a version that there is not."""
    if request.headers.get("x-shopify-access-token", "") != token:
        raise Bad(401, "[API] Invalid API key or access token (unrecognized login or wrong password)")
    if not _VERSION.fullmatch(request.path_params["version"]):
        raise Bad(404, "Not Found")


def body_of(content_type: str, content: bytes) -> Body:
    """Read the body of a request, or refuse it."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Bad(415, "Unsupported Media Type: a request is JSON")
    if len(content) > MAX_BODY_BYTES:
        raise Bad(413, "Request Entity Too Large")
    try:
        return Body.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Bad(400, {"query": f"{'.'.join(map(str, first['loc']))}: {first['msg']}"}) from error


def asked_of(schema: GraphQLSchema, body: Body) -> Asked:
    """Return the one operation a body asks for. Raises Bad, with 200, for what does not fit the schema."""
    try:
        document = parse(body.query, max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        raise Bad(200, [_formatted(error)]) from error
    if wrong := validate(schema, document):
        raise Bad(200, [_formatted(error) for error in wrong])
    operation = _operation(document, body.operation_name)
    raw = body.variables or {}
    variables = get_variable_values(schema, operation.variable_definitions or (), raw)
    if isinstance(variables, list):
        raise Bad(200, [_formatted(error, "INVALID_VARIABLE") for error in variables])
    fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
    return Asked(document, operation, fragments, variables, raw)


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [part for part in document.definitions if isinstance(part, OperationDefinitionNode)]
    if name is not None:
        found = [part for part in found if part.name is not None and part.name.value == name]
    if len(found) != 1:
        raise Bad(200, [{"message": "an operation must be named where there is more than one, and be there"}])
    return found[0]


def _formatted(error: GraphQLError, code: str | None = None) -> dict[str, Any]:
    told: dict[str, Any] = dict(error.formatted)
    if code is not None:
        told["extensions"] = {"code": code}
    return told
