"""What Amazon sends us, as far as we read it. These values never travel past this folder.

Sources: Login with Amazon, "Access token response"; Listings Items API 2021-08-01.
"""

from pydantic import BaseModel, ConfigDict, Field


class _FromAmazon(BaseModel):
    """Fields that Amazon adds are ignored; those we need are checked."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Token(_FromAmazon):
    """An access token and for how many seconds it is good."""

    access_token: str = Field(pattern=r"^[!-~]+$", repr=False)
    expires_in: int = Field(gt=0)


class TokenRefusal(_FromAmazon):
    """Why no access token is given: an OAuth 2 error code."""

    error: str


class Error(_FromAmazon):
    """One reason why a request failed."""

    code: str
    message: str = ""


class ErrorList(_FromAmazon):
    """The body of every answer that is not 2xx."""

    errors: tuple[Error, ...] = Field(min_length=1)


class Issue(_FromAmazon):
    """What is wrong with a submission."""

    code: str
    message: str = ""
    severity: str = ""


class Submission(_FromAmazon):
    """The answer to patchListingsItem: INVALID comes with 200 too."""

    status: str
    submission_id: str = Field(alias="submissionId")
    issues: tuple[Issue, ...] = ()


class Availability(_FromAmazon):
    """Who fulfils the listing (`DEFAULT`: the merchant), and what quantity is offered."""

    channel: str = Field(alias="fulfillmentChannelCode")
    quantity: int | None = None


class Item(_FromAmazon):
    """The answer to getListingsItem with fulfillmentAvailability."""

    sku: str
    availability: tuple[Availability, ...] = Field(default=(), alias="fulfillmentAvailability")
