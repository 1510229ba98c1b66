"""What Shopify sends us around what was asked, as far as we read it. These values never travel past this folder.

Sources: GraphQL Admin API 2026-04; "GraphQL Admin API rate limits"; "Shopify API response status and error codes".
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


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


class ErrorExtensions(FromShopify):
    """What is told of an error for programs."""

    code: str | None = None


class GraphError(FromShopify):
    """One reason why a request, or a field of it, was not answered."""

    message: str = ""
    extensions: ErrorExtensions = ErrorExtensions()


class ThrottleStatus(FromShopify):
    """The bucket of points that this app has at this shop; `restore` is points a second."""

    maximum: float = Field(alias="maximumAvailable", gt=0)
    available: float = Field(alias="currentlyAvailable")
    restore: float = Field(alias="restoreRate", gt=0)


class Cost(FromShopify):
    """What a request was held for, what it took (None: it was not run), and what is left."""

    requested: float = Field(alias="requestedQueryCost", ge=0)
    actual: float | None = Field(default=None, alias="actualQueryCost", ge=0)
    status: ThrottleStatus = Field(alias="throttleStatus")


class Extensions(FromShopify):
    """What is told beside an answer."""

    cost: Cost | None = None


class Envelope(FromShopify):
    """A GraphQL answer. Where `data` is missing, nothing was run; where it is null, something was."""

    data: dict[str, Any] | None = None
    errors: Annotated[tuple[GraphError, ...], BeforeValidator(_listed)] = ()
    extensions: Extensions = Extensions()

    @property
    def ran(self) -> bool:
        """Whether the request was run, if only to fail."""
        return "data" in self.model_fields_set


class UserError(FromShopify):
    """Why a mutation was not made."""

    code: str | None = None
    field: tuple[str, ...] | None = None
    message: str = ""
