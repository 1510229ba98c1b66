"""What the small Amazon lets in: requests by models of its own, and the answers to all others.

Sources: Login with Amazon, "Access token request"; Listings Items API 2021-08-01, patchListingsItem, getListingsItem.
"""

from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

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


class _Strict(BaseModel):
    """Nothing that was not asked for, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TokenForm(_Strict):
    """A refresh-token grant."""

    grant_type: str
    refresh_token: str
    client_id: str
    client_secret: str


class PatchOperation(_Strict):
    """One JSON Patch operation on a top-level attribute."""

    op: Literal["add", "replace", "merge", "delete"]
    path: str = Field(pattern=r"^/attributes/[a-z_]+$")
    value: list[dict[str, Any]] | None = None


class PatchBody(_Strict):
    """The body of patchListingsItem."""

    product_type: str = Field(alias="productType", min_length=1)
    patches: list[PatchOperation] = Field(min_length=1)


class MerchantQuantity(_Strict):
    """One value of fulfillment_availability."""

    fulfillment_channel_code: str = Field(min_length=1)
    quantity: int = Field(ge=0)
    lead_time_to_ship_max_days: int | None = Field(default=None, ge=0)


class Item(BaseModel):
    """Which listing a request is about."""

    seller: str
    sku: str


def token_form(content_type: str, body: bytes) -> TokenForm | None:
    """Read the form, None where it is not one."""
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return None
    try:
        fields = dict(parse_qsl(body.decode("ascii"), strict_parsing=True))
        return TokenForm.model_validate(fields)
    except ValueError:
        return None


def item(request: Request) -> Item:
    """Read seller and SKU from the path as it was sent: an escaped `/` belongs to the SKU."""
    raw: bytes = request.scope["raw_path"]
    segments = raw.decode("ascii", "replace").split("/")
    if len(segments) != 6:  # noqa: PLR2004 - /listings/2021-08-01/items/{seller}/{sku}
        raise Bad(404, "NotFound", "the path is /listings/2021-08-01/items/{sellerId}/{sku}, the SKU percent-encoded")
    return Item(seller=unquote(segments[4]), sku=unquote(segments[5]))


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


def patch_body(content_type: str, body: bytes) -> PatchBody:
    """Read the body of a PATCH, or refuse it."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Bad(415, "UnsupportedMediaType", "The request payload is in an unsupported format.")
    try:
        return PatchBody.model_validate_json(body)
    except ValidationError as error:
        raise Bad(400, "InvalidInput", f"Request has invalid parameters: {_first(error)}") from error


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
