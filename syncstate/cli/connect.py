"""syncstate connect: what a channel lists beside what is known here; then map, count and have changes told."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from syncstate.cli.failures import Failure
from syncstate.cli.options import AsJson, Data, settings_with

if TYPE_CHECKING:
    from syncstate.connecting.account import Account

connect = typer.Typer(
    name="connect",
    help="Read what a channel lists, show what would be mapped and counted, and with --yes do it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Yes = Annotated[bool, typer.Option("--yes", help="Do it. Without, nothing is changed: here nor there.")]
Limit = Annotated[int, typer.Option("--limit", min=0, help="So many lines of each list are shown.")]


@connect.command()
def amazon(  # noqa: PLR0913 - each is an option
    *,
    yes: Yes = False,
    new: Annotated[
        bool, typer.Option("--new", help="Take listings whose SKU is not known here, as SKUs that are not counted yet.")
    ] = False,
    queue: Annotated[
        str | None, typer.Option("--queue", metavar="ARN", help="The SQS queue that notifications go to.")
    ] = None,
    destination: Annotated[
        str | None, typer.Option("--destination", metavar="ID", help="Or a destination that Amazon knows already.")
    ] = None,
    limit: Limit = 20,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Connect a seller on Amazon: map the listings that the merchant ships, and subscribe to notifications.

    The seller is that of SYNCSTATE_AMAZON_SELLER. All his listings are read. Those that are known to be shipped by the
    merchant are mapped to the SKU of the same name, unless that is mapped elsewhere or was unmapped by hand; listings
    that Amazon ships are left alone. Nothing is counted and no quantity is sent. Doing it again does what is new.

    \b
    Examples:
      syncstate connect amazon
      syncstate connect amazon --yes --queue arn:aws:sqs:us-east-1:123456789012:amazon
      syncstate connect amazon --json | jq '.health.findings[] | .advice'
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    from syncstate.connecting.at_amazon import Wishes, connect_amazon

    if queue is not None and destination is not None:
        raise Failure("name the --queue or the --destination, not both", 2)
    wishes = Wishes(yes=yes, new=new, queue=queue, destination=destination)
    _end(connect_amazon(settings_with(data=data), wishes), limit, as_json=as_json)


@connect.command()
def shopify(  # noqa: PLR0913 - each is an option
    *,
    yes: Yes = False,
    count: Annotated[
        bool, typer.Option("--count", help="SKUs that nobody has counted begin with the shop's level.")
    ] = False,
    location: Annotated[
        str | None, typer.Option("--location", metavar="ID", help="The location, where the shop has several.")
    ] = None,
    webhooks: Annotated[
        str | None, typer.Option("--webhooks", metavar="URL", help="Where the shop is to send its deliveries.")
    ] = None,
    told_otherwise: Annotated[
        bool, typer.Option("--told-otherwise", help="Deliveries come though no webhook is listed: count all the same.")
    ] = False,
    settle: Annotated[
        float, typer.Option("--settle", min=0, max=600, help="Seconds in which nothing may happen to a counted SKU.")
    ] = 10.0,
    limit: Limit = 20,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Connect a shop on Shopify: link and map its variants, register webhooks, and with --count take opening counts.

    The shop is that of SYNCSTATE_SHOPIFY_SHOP. Each variant with a SKU of its own is mapped; variants that share a SKU,
    or are spelt otherwise than a SKU here, are shown and left to you. A SKU that is counted is never counted again, and
    no quantity is sent to the shop. Doing it again does what is new.

    \b
    Examples:
      syncstate connect shopify
      syncstate connect shopify --yes --webhooks https://stock.example/webhook/shopify
      syncstate connect shopify --yes --count --webhooks https://stock.example/webhook/shopify --json
    """  # noqa: D301
    from syncstate.connecting.at_shopify import Wishes, connect_shopify

    wishes = Wishes(
        yes=yes,
        count=count,
        location=location,
        webhooks=webhooks,
        told_otherwise=told_otherwise,
        settle=timedelta(seconds=settle),
    )
    _end(connect_shopify(settings_with(data=data), wishes), limit, as_json=as_json)


def _end(account: "Account", limit: int, *, as_json: bool) -> None:
    from syncstate.cli.connect_telling import tell

    tell(account, limit, as_json=as_json)
    raise typer.Exit(0 if account.well else 1)
