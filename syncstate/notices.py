"""Who is told of alerts: the setting, and the targets built from it."""

from contextlib import ExitStack
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Literal, Self

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from channels.http import http_client
from channels.notices.courier import Wishes
from channels.notices.mailing import Mail, MailServer
from channels.notices.notifier import Audience
from channels.notices.posting import Slack, Webhook
from channels.notices.targets import Target
from processor.clock import Clock
from stock.dispositions import Severity

PORTS = {"starttls": 587, "tls": 465, "none": 25}
SECRET_AT_LEAST = 16


def _address(url: SecretStr) -> SecretStr:
    """Check an address without quoting it: it may hold a token."""
    try:
        parsed = httpx.URL(url.get_secret_value())
    except (httpx.InvalidURL, ValueError):
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("an address begins with https:// (or http://) and names a host")
    return url


def _long(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SECRET_AT_LEAST:
        raise ValueError(f"a webhook's secret has {SECRET_AT_LEAST} characters or more")
    return secret


Url = Annotated[SecretStr, AfterValidator(_address)]


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)


class WebhookSetting(_Given):
    """A signed webhook. `proxy` is the address of a proxy, which is otherwise never used."""

    url: Url
    secret: Annotated[SecretStr, AfterValidator(_long)]
    proxy: Url | None = None


class SlackSetting(_Given):
    """An incoming webhook in Slack's format."""

    url: Url
    proxy: Url | None = None


class MailSetting(_Given):
    """Mail, handed in at `host`; the port is that of `security` unless it is set."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int | None, Field(ge=1, le=65535)] = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    sender: Annotated[str, Field(alias="from", pattern=r"^[^@\s]+@[^@\s]+$")]
    to: Annotated[tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")], ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if (self.username is None) is not (self.password is None):
            raise ValueError("mail: username and password go together")
        if self.password is not None and self.security == "none" and not _is_local(self.host):
            raise ValueError("mail: a password is sent with security starttls or tls alone")
        return self


class Notices(_Given):
    """Whom one tenant wants to be told of which alerts, and how often; at once where `digest_minutes` is 0."""

    webhook: WebhookSetting | None = None
    slack: SlackSetting | None = None
    mail: MailSetting | None = None
    minimum: Severity = "warning"
    digest_minutes: Annotated[int, Field(ge=0, le=1440)] = 0

    @model_validator(mode="after")
    def _names_a_target(self) -> Self:
        if not (self.webhook or self.slack or self.mail):
            raise ValueError("name at least one of webhook, slack and mail")
        return self


Notify = dict[Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$")], Notices]
"""By tenant."""


def audiences(notify: Notify, clock: Clock, stack: ExitStack) -> list[Audience]:
    """Return whom to tell; `stack` closes their connections."""
    return [
        Audience(
            tenant,
            tuple(_targets(notices, clock, stack)),
            Wishes(notices.minimum, timedelta(minutes=notices.digest_minutes)),
        )
        for tenant, notices in notify.items()
    ]


def _targets(notices: Notices, clock: Clock, stack: ExitStack) -> list[Target]:
    found: list[Target] = []
    if (hook := notices.webhook) is not None:
        url, secret = hook.url.get_secret_value(), hook.secret.get_secret_value()
        found.append(Webhook(_http(hook.proxy, stack), url, secret, clock))
    if (slack := notices.slack) is not None:
        found.append(Slack(_http(slack.proxy, stack), slack.url.get_secret_value()))
    if (mail := notices.mail) is not None:
        password = mail.password.get_secret_value() if mail.password else None
        port = mail.port or PORTS[mail.security]
        server = MailServer(mail.host, port, mail.security, mail.username, password)
        found.append(Mail(server, mail.sender, mail.to))
    return found


def _http(proxy: SecretStr | None, stack: ExitStack) -> httpx.Client:
    return stack.enter_context(http_client(proxy.get_secret_value() if proxy else None))


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
