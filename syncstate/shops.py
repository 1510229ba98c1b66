"""The setting that registers shops: whose each is, and which secrets may sign for it."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints

from ingest.shopify.hmac import MAX_SECRETS, Shop
from ingest.shopify.shops import Shops

EXAMPLE = '{"your-shop.myshopify.com": ["its webhook secret"]}'
"""What the setting looks like."""

Tenant = Annotated[str, StringConstraints(pattern="^[a-z0-9-]{1,40}$")]
"""A tenant's name, as a setting."""


def _stripped(value: object) -> object:
    """Trim what was copied with a line's end; blanks are no part of a secret of Shopify's."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return text.strip() if isinstance(text, str) else text


WebhookSecret = Annotated[SecretStr, BeforeValidator(_stripped), Field(min_length=1)]
"""A shop's secret, not empty and without blanks around it."""


class RegisteredShop(BaseModel):
    """One shop's entry. Without `tenant` it is the default tenant's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: Tenant | None = None
    secrets: Annotated[tuple[WebhookSecret, ...], Field(min_length=1, max_length=MAX_SECRETS)]


def _entry(value: object) -> object:
    """Read the short form, secrets alone."""
    return {"secrets": value} if isinstance(value, list | tuple) else value


def _mapping(value: object) -> object:
    if isinstance(value, str):
        raise ValueError("must be JSON")  # noqa: TRY004 - pydantic reads ValueError as a mistake
    if isinstance(value, dict):
        return {_domain(name): entry for name, entry in value.items()}
    return value


def _domain(name: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    return name.strip().lower() if isinstance(name, str) else name


Registration = Annotated[
    dict[str, Annotated[RegisteredShop, BeforeValidator(_entry)]],
    BeforeValidator(_mapping),
]
"""`{"shop.myshopify.com": ["secret"]}`, or with `{"tenant": "acme", "secrets": ["secret"]}` for a shop of a tenant."""


def shops_of(registered: dict[str, RegisteredShop], single: SecretStr | None, tenant: str) -> Shops:
    """Return the shops in the settings; `single` signs for whichever shop is not among them, of the default tenant."""
    shops = [
        Shop(domain, entry.tenant or tenant, [secret.get_secret_value() for secret in entry.secrets])
        for domain, entry in registered.items()
    ]
    return Shops(shops, tenant, [single.get_secret_value()] if single is not None else ())
