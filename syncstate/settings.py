"""What can be set, each as SYNCSTATE_ and its name; `configuration` tells where a value comes from."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from channels.deltas.shops import Unexplained
from channels.shopify.identities import shop_domain
from syncstate.configuration import Surroundings
from syncstate.notices import Notify
from syncstate.origins import Origins
from syncstate.shops import Registration, WebhookSecret

Place = Literal["embedded", "postgres", "dynamodb", "memory"]
ChannelMode = Literal["off", "observe", "live"]
Slug = Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$")]
KinesisTenants = dict[str, Annotated[tuple[Slug, ...], Field(min_length=1)]]


class Settings(BaseSettings):
    """One program's settings, read once. Values are passed down, never this object."""

    model_config = SettingsConfigDict(
        env_prefix="SYNCSTATE_", frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    store: Annotated[Place, Field(description="where events and read models are kept")] = "embedded"
    data: Annotated[Path, Field(description="the data folder of the embedded store")] = Path("data")
    database_url: Annotated[
        SecretStr | None,
        Field(
            validation_alias=AliasChoices("SYNCSTATE_DATABASE_URL", "DATABASE_URL"),
            description="PostgreSQL's address, for store=postgres",
        ),
    ] = None
    dynamodb_endpoint: Annotated[
        str | None,
        Field(
            validation_alias=AliasChoices("SYNCSTATE_DYNAMODB_ENDPOINT", "DYNAMODB_LOCAL_ENDPOINT"),
            description="an emulator's address, for store=dynamodb",
        ),
    ] = None
    dynamodb_prefix: Annotated[str | None, Field(description="what the tables' names begin with")] = None
    redo_queue: Annotated[
        str | None, Field(description="on AWS: the address of the queue of streams to be folded again")
    ] = None
    buffer_queue: Annotated[
        str | None, Field(description="on AWS: the address of the queue of facts to be appended later")
    ] = None
    buffer_rings: Annotated[
        bool, Field(description="on AWS: fold facts from that queue at once, where no function follows the stream")
    ] = False
    work_queue: Annotated[
        str | None, Field(description="on AWS: the address of the queue that wakes the dispatcher")
    ] = None
    kinesis_tenants: Annotated[
        KinesisTenants,
        Field(
            description='for whom each Kinesis stream may speak, the default first, as JSON: {"orders": ["acme"]}; '
            "a stream that is not named speaks for SYNCSTATE_TENANT"
        ),
    ] = {}
    aws_secret: Annotated[
        str | None,
        Field(description="on AWS: the secret in Secrets Manager whose JSON registers shops, instead of these"),
    ] = None

    host: Annotated[str, Field(description="the address to listen on")] = "127.0.0.1"
    port: Annotated[
        int,
        Field(
            ge=0,
            le=65535,
            validation_alias=AliasChoices("SYNCSTATE_PORT", "PORT"),
            description="the port to listen on; 0 takes a free one",
        ),
    ] = 3000
    require_keys: Annotated[
        bool, Field(description="whether this machine needs a key as others do: set it where a proxy stands in front")
    ] = False
    threads: Annotated[int, Field(ge=1, le=1000, description="requests that may wait for the store at once")] = 128

    tenant: Annotated[
        str, Field(pattern="^[a-z0-9-]{1,40}$", description="whose data requests without a key read and write")
    ] = "default"
    shopify_secrets: Annotated[
        Registration,
        Field(description="webhook secrets per shop domain, one or two each, as JSON: the registered shops"),
    ] = {}
    shopify_webhook_secret: Annotated[
        WebhookSecret | None,
        Field(
            validation_alias=AliasChoices("SYNCSTATE_SHOPIFY_WEBHOOK_SECRET", "SHOPIFY_WEBHOOK_SECRET"),
            description="the webhook secret where there is a single shop, whatever its domain",
        ),
    ] = None

    rate_per_second: Annotated[float, Field(gt=0, le=1e6, description="requests a second that one key may send")] = 50
    rate_burst: Annotated[int, Field(ge=1, le=1_000_000, description="and how many of them at once")] = 100
    cors_origins: Annotated[
        Origins, Field(description="origins of pages that may ask with a key, divided by commas")
    ] = ()

    mock_amazon: Annotated[
        bool,
        Field(
            validation_alias=AliasChoices("SYNCSTATE_MOCK_AMAZON", "MOCK_AMAZON"),
            description="start a small Amazon inside and send updates to it",
        ),
    ] = False
    amazon_mode: Annotated[
        ChannelMode, Field(description="how a new channel begins: off; observe: compare, send nothing; live")
    ] = "observe"
    amazon_seller: Annotated[str | None, Field(description="the seller's id; with it go the next four")] = None
    amazon_marketplace: Annotated[str | None, Field(description="the marketplace's id")] = None
    amazon_client_id: Annotated[str | None, Field(description="Login with Amazon: the client's id")] = None
    amazon_client_secret: Annotated[SecretStr | None, Field(description="Login with Amazon: its secret")] = None
    amazon_refresh_token: Annotated[SecretStr | None, Field(description="the seller's grant")] = None
    amazon_endpoint: Annotated[
        str | None, Field(description="the Selling Partner API; else its endpoint for the marketplace")
    ] = None
    amazon_token_endpoint: Annotated[str | None, Field(description="where Login with Amazon gives tokens")] = None
    amazon_per_second: Annotated[
        float, Field(gt=0, le=100, description="requests a second the seller's account was granted, per operation")
    ] = 0.5

    shopify_shop: Annotated[
        Annotated[str, AfterValidator(shop_domain)] | None,
        Field(description="the shop that is given what others changed, like your-shop.myshopify.com"),
    ] = None
    shopify_token: Annotated[SecretStr | None, Field(description="its Admin API access token")] = None
    shopify_mode: Annotated[
        ChannelMode, Field(description="how that channel begins: off; observe: compare, send nothing; live")
    ] = "observe"
    shopify_location: Annotated[
        str | None, Field(pattern=r"^\d{1,20}$", description="the location's id; not needed where there is only one")
    ] = None
    shopify_unexplained: Annotated[
        Unexplained,
        Field(description="units there that nothing explains: ask; adopt them as stock; reject: take them back"),
    ] = "ask"
    shopify_endpoint: Annotated[str | None, Field(description="the Admin API; else the shop's own address")] = None

    zeroing_share: Annotated[
        float, Field(ge=0, le=1, description="so much of a channel's listings may become zero at once; 1: all of them")
    ] = 0.1

    notify: Annotated[Notify, Field(description="whom to tell of alerts, per tenant, as JSON: see Get alerts")] = {}

    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="what is logged, and worse")
    ] = "info"
    log_format: Annotated[
        Literal["auto", "json", "text"], Field(description="auto: text on a terminal, JSON elsewhere")
    ] = "auto"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is given, and for the rest look around: see `configuration`."""
        del env_settings, dotenv_settings, file_secret_settings
        return init_settings, Surroundings(settings_cls)
