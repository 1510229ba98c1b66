"""What Shopify sends us around what was asked, as far as we read it. These values never travel past this folder.

Sources: GraphQL Admin API 2026-04; "GraphQL Admin API rate limits"; "Shopify API response status and error codes".
"""

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)


class FromShopify(BaseModel):
    """Fields that Shopify adds are ignored; those we need are checked."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _listed(errors: object) -> object:
    """Read errors that are no list, as they come beside a status that is not 200: a text, or texts by field."""
    if isinstance(errors, str):
        return [{"message": errors}]
    if isinstance(errors, dict):
        return [{"message": f"{field}: {text}"} for field, text in errors.items()]
    return [] if errors is None else errors


def _or_none(value: object, read: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - of any model
    """Read what merely helps: where it cannot be read, it is not there."""
    try:
        return read(value)
    except ValidationError:
        return None


def _texts(value: object) -> object:
    return [str(part) for part in value] if isinstance(value, list) else ()


class ErrorExtensions(FromShopify):
    """What is told of an error for programs."""

    code: Annotated[str | None, WrapValidator(_or_none)] = None


class GraphError(FromShopify):
    """One reason why a request, or the field at `path`, was not answered."""

    message: str = ""
    path: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    extensions: Annotated[ErrorExtensions | None, WrapValidator(_or_none)] = None

    @property
    def code(self) -> str | None:
        """The error's name, where it has one."""
        return self.extensions.code if self.extensions is not None else None


class ThrottleStatus(FromShopify):
    """The bucket of points that this app has at this shop; `restore` is points a second."""

    maximum: float = Field(alias="maximumAvailable", gt=0, allow_inf_nan=False)
    available: float = Field(alias="currentlyAvailable", allow_inf_nan=False)
    restore: float = Field(alias="restoreRate", gt=0, allow_inf_nan=False)


class Cost(FromShopify):
    """What a request was held for, what it took (None: it was not run), and what is left."""

    requested: float = Field(alias="requestedQueryCost", ge=0, allow_inf_nan=False)
    actual: float | None = Field(default=None, alias="actualQueryCost", ge=0, allow_inf_nan=False)
    status: ThrottleStatus = Field(alias="throttleStatus")


class Extensions(FromShopify):
    """What is told beside an answer."""

    cost: Annotated[Cost | None, WrapValidator(_or_none)] = None


class Envelope(FromShopify):
    """A GraphQL answer. Where `data` is missing, nothing was run; where it is null, something was."""

    data: dict[str, Any] | None = None
    errors: Annotated[tuple[GraphError, ...], BeforeValidator(_listed)] = ()
    extensions: Annotated[Extensions | None, WrapValidator(_or_none)] = None

    @property
    def cost(self) -> Cost | None:
        """What the request cost, where that is told."""
        return self.extensions.cost if self.extensions is not None else None

    @property
    def ran(self) -> bool:
        """Whether the request was run, if only to fail."""
        return "data" in self.model_fields_set


class UserError(FromShopify):
    """Why a mutation was not made."""

    code: str | None = None
    field: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    message: str = ""
