"""syncstate mapping health: how well SKUs and listings belong together."""

import json
from typing import Annotated

import typer

from stock.identities import Channel
from stock.mapping_health import Finding, sentence
from syncstate.cli.connection import connected
from syncstate.cli.options import AsJson, Data, settings_with
from syncstate.cli.printing import facts

mapping = typer.Typer(
    name="mapping", help="How SKUs and listings belong together.", no_args_is_help=True, rich_markup_mode=None
)


@mapping.command()
def health(
    *,
    channel: Annotated[Channel, typer.Option("--channel", metavar="NAME", help="amazon|shopify")] = "amazon",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="So many findings of each kind.")] = 20,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Tell which SKUs share a listing, are spelt alike or have none, and what was sold under no SKU.

    It tells what is known here; `syncstate connect` asks the channel itself.

    \b
    Examples:
      syncstate mapping health
      syncstate mapping health --channel shopify --json | jq .counts
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    with connected(settings_with(data=data)) as api:
        found = api.get("/api/mapping/health", {"channel": channel, "limit": limit})
    if as_json:
        print(json.dumps(found))
    else:
        counts = {f"health: {kind}": count for kind, count in found["counts"].items()}
        facts(
            list(
                {"SKUs": found["skus"], "mapped": found["mapped"], "not counted": found["uncounted"], **counts}.items()
            )
        )
        for one in found["findings"]:
            print(f"{one['kind']}: {sentence(Finding(one['kind'], tuple(one['listings']), tuple(one['skus'])))}")
        if found["ok"]:
            print("all is well, as far as is known here")
