"""The settings of the ways in, read from the environment: reading all of `syncstate.settings` costs a quarter second.

Names, defaults and rules are those of `Settings`: a test holds them to it.
"""

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from syncstate.shops import Registration, Tenant, WebhookSecret

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "dynamodb_endpoint": ("SYNCSTATE_DYNAMODB_ENDPOINT", "DYNAMODB_LOCAL_ENDPOINT"),
    "dynamodb_prefix": ("SYNCSTATE_DYNAMODB_PREFIX",),
    "buffer_queue": ("SYNCSTATE_BUFFER_QUEUE",),
    "aws_secret": ("SYNCSTATE_AWS_SECRET",),
    "tenant": ("SYNCSTATE_TENANT",),
    "amazon_seller": ("SYNCSTATE_AMAZON_SELLER",),
    "shopify_secrets": ("SYNCSTATE_SHOPIFY_SECRETS",),
    "shopify_webhook_secret": ("SYNCSTATE_SHOPIFY_WEBHOOK_SECRET", "SHOPIFY_WEBHOOK_SECRET"),
}
"""The variables that set each field, the first one first."""


class DoorSettings(BaseModel):
    """Where facts go, and who may send them."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    dynamodb_endpoint: str | None = None
    dynamodb_prefix: str | None = None
    buffer_queue: str | None = None
    aws_secret: str | None = None
    tenant: Tenant = "default"
    amazon_seller: str | None = None
    shopify_secrets: Annotated[Registration, Field(default_factory=dict)]
    shopify_webhook_secret: WebhookSecret | None = None

    @property
    def single(self) -> SecretStr | None:
        """The secret of a single shop."""
        return self.shopify_webhook_secret


def door_settings(environ: Mapping[str, str]) -> DoorSettings:
    """Return the settings in `environ`; empty values count as unset. Raises pydantic.ValidationError."""
    found: dict[str, object] = {}
    for name, variables in VARIABLES.items():
        text = next((environ[variable] for variable in variables if environ.get(variable)), None)
        if text is not None:
            found[name] = _parts(text) if name == "shopify_secrets" else text
    return DoorSettings.model_validate(found)


def _parts(text: str) -> object:
    """Read JSON; what is none is left for its validator to judge."""
    try:
        return json.loads(text)
    except ValueError:
        return text
