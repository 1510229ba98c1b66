"""What the small Amazon lets in: requests by models of its own, and the answers to all others.

Sources: Login with Amazon, "Access token request"; Listings Items API 2021-08-01, patchListingsItem, getListingsItem.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from processor.clock import Instant, instant

Body = TypeVar("Body", bound=BaseModel)

INCLUDED = frozenset(
    {
        "summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement", "relationships",
        "productTypes",
    }
)  # fmt: skip
FULFILMENT = "/attributes/fulfillment_availability"


class Bad(Exception):
    """The request is answered with `status` and one error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


class Strict(BaseModel):
    """Nothing that was not asked for, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TokenForm(Strict):
    """A refresh-token grant."""

    grant_type: str
    refresh_token: str
    client_id: str
    client_secret: str


class GrantlessForm(Strict):
    """A grant for the application itself."""

    grant_type: Literal["client_credentials"]
    scope: str
    client_id: str
    client_secret: str


class PatchOperation(Strict):
    """One JSON Patch operation on a top-level attribute."""

    op: Literal["add", "replace", "merge", "delete"]
    path: str = Field(pattern=r"^/attributes/[a-z_]+$")
    value: list[dict[str, Any]] | None = None


class PatchBody(Strict):
    """The body of patchListingsItem."""

    product_type: str = Field(alias="productType", min_length=1)
    patches: list[PatchOperation] = Field(min_length=1)


class MerchantQuantity(Strict):
    """One value of fulfillment_availability."""

    fulfillment_channel_code: str = Field(min_length=1)
    quantity: int = Field(ge=0)
    lead_time_to_ship_max_days: int | None = Field(default=None, ge=0)


class Item(BaseModel):
    """Which listing a request is about."""

    seller: str
    sku: str


def token_form(content_type: str, body: bytes) -> TokenForm | GrantlessForm | None:
    """Read the form, None where it is not one."""
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return None
    try:
        fields = dict(parse_qsl(body.decode("ascii"), strict_parsing=True))
        return (TokenForm if "refresh_token" in fields else GrantlessForm).model_validate(fields)
    except ValueError:
        return None


def item(request: Request) -> Item:
    """Read seller and SKU from the path as it was sent: an escaped `/` belongs to the SKU."""
    raw: bytes = request.scope["raw_path"]
    segments = raw.decode("ascii", "replace").split("/")
    if len(segments) != 6:  # noqa: PLR2004 - /listings/2021-08-01/items/{seller}/{sku}
        raise Bad(404, "NotFound", "the path is /listings/2021-08-01/items/{sellerId}/{sku}, the SKU percent-encoded")
    return Item(seller=unquote(segments[4]), sku=unquote(segments[5]))


def seller_in_path(request: Request) -> str:
    """Read the seller from the path of a search."""
    return unquote(request.path_params["seller"])


def check_query(request: Request, marketplace: str, included: frozenset[str]) -> frozenset[str]:
    """Refuse a query that Amazon would; return the data sets asked for."""
    marketplaces = request.query_params.get("marketplaceIds", "")
    if not marketplaces:
        raise Bad(400, "InvalidInput", "Request is missing the required parameter marketplaceIds.")
    if marketplaces != marketplace:
        raise Bad(400, "InvalidInput", f"Invalid marketplaceIds: {marketplaces}")
    asked = frozenset(filter(None, request.query_params.get("includedData", "").split(",")))
    if asked - included:
        raise Bad(400, "InvalidInput", f"Invalid includedData: {','.join(sorted(asked - included))}")
    return asked


def json_body(content_type: str, body: bytes, model: type[Body]) -> Body:
    """Read a body as `model`, or refuse it."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Bad(415, "UnsupportedMediaType", "The request payload is in an unsupported format.")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise Bad(400, "InvalidInput", f"Request has invalid parameters: {_first(error)}") from error


def query(request: Request, known: frozenset[str]) -> dict[str, str]:
    """Return the query, each name once. Refuses names that the operation does not know."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs) or not fields.keys() <= known:
        unknown = ",".join(sorted(fields.keys() - known)) or "a repeated one"
        raise Bad(400, "InvalidInput", f"Request has invalid parameters: {unknown}")
    return fields


def one_marketplace(fields: Mapping[str, str], marketplace: str) -> None:
    """Refuse a query that names another marketplace; one that names none is for all of the seller's."""
    if fields.get("marketplaceIds", marketplace) != marketplace:
        raise Bad(400, "InvalidInput", f"Invalid marketplaceIds: {fields['marketplaceIds']}")


def words(fields: Mapping[str, str], name: str, known: frozenset[str]) -> frozenset[str]:
    """Return a comma-separated list of words. Refuses others than `known`."""
    asked = frozenset(filter(None, fields.get(name, "").split(",")))
    if asked - known:
        raise Bad(400, "InvalidInput", f"Invalid {name}: {','.join(sorted(asked - known))}")
    return asked


def number(fields: Mapping[str, str], name: str, default: int, most: int) -> int:
    """Return a number from 1 to `most`."""
    text = fields.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise Bad(400, "InvalidInput", f"Invalid {name}: {text}")
    return int(text)


def time_of(fields: Mapping[str, str], name: str) -> Instant | None:
    """Return a moment, None where none is given."""
    if name not in fields:
        return None
    try:
        return instant(datetime.fromisoformat(fields[name]))
    except ValueError as error:
        raise Bad(400, "InvalidInput", f"Invalid {name}: {fields[name]}") from error


def merchant_quantity(operation: PatchOperation) -> MerchantQuantity | None:
    """Read the one value a quantity patch has; None where its channel code is missing. Refuses everything else."""
    if operation.path != FULFILMENT or operation.op == "delete":
        raise Bad(400, "InvalidInput", "this simulator patches quantities alone")
    if operation.value is None or len(operation.value) != 1:
        raise Bad(400, "InvalidInput", "fulfillment_availability takes one value here")
    if "fulfillment_channel_code" not in operation.value[0]:
        return None
    try:
        return MerchantQuantity.model_validate(operation.value[0])
    except ValidationError as error:
        raise Bad(400, "InvalidInput", f"Invalid fulfillment_availability: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
