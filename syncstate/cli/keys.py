"""syncstate keys: who may call the server, and as what."""

import json
from typing import Annotated, Any

import typer

from syncstate.cli.connection import connected
from syncstate.cli.failures import Failure
from syncstate.cli.options import AsJson, Data, settings_with
from web.guard.roles import Role

keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make, list and revoke API keys.")

Tenant = Annotated[
    str | None, typer.Option("--tenant", metavar="NAME", help="Whose. [default: $SYNCSTATE_TENANT or default]")
]


@keys.command()
def create(
    role: Annotated[Role, typer.Option("--role", help="read, write, or admin: each may do what those before may.")],
    tenant: Tenant = None,
    name: Annotated[str, typer.Option("--name", help="What it is for, so that you know it again.")] = "",
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's form of a flag
) -> None:
    """Make a key, and show it this once: only a hash of it is stored.

    From the first key on, requests from this machine need one too.

    \b
    Examples:
      syncstate keys create --role admin
      syncstate keys create --tenant acme --role write --name warehouse
      syncstate keys create --role read --json | jq -r .key
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    with connected(settings_with(data=data, tenant=tenant), begin=True) as api:
        made = api.post("/api/keys", {"role": role, "name": name})
    if as_json:
        print(json.dumps(made))
        return
    print(f"{made['key']}\n")
    print(f"This {made['role']} key of tenant {made['tenant']} is shown once: keep it. Its id is {made['id']}.")
    print("Send it as the header Authorization: Bearer ..., or X-Api-Key: ...")


@keys.command("list")
def list_(tenant: Tenant = None, data: Data = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List keys, oldest first, the revoked ones too: of one tenant, or without --tenant of all.

    \b
    Examples:
      syncstate keys list
      syncstate keys list --tenant acme --json
    """  # noqa: D301
    with connected(settings_with(data=data, tenant=tenant)) as api:
        found = api.get("/api/keys", {} if tenant else {"every": "true"})
    if as_json:
        print(json.dumps(found))
        return
    print("\n".join(map(_line, found["keys"])) or "There are no keys: this machine alone is let in, without one.")


@keys.command()
def revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `syncstate keys list` shows it.")],
    data: Data = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Let a key work no more: at once, and within five seconds at other servers on the same store.

    \b
    Examples:
      syncstate keys revoke 3f9a0c1d2b7e
    """  # noqa: D301
    if not (id_.isascii() and id_.isalnum()):
        raise Failure(f"{id_!r} is no key's id: `syncstate keys list` shows them", 2)
    with connected(settings_with(data=data)) as api:
        done = api.post(f"/api/keys/{id_}/revoke", {})
    print(json.dumps(done) if as_json else f"Key {done['key']['id']} works no more.")


def _line(key: dict[str, Any]) -> str:
    made, revoked = key["createdAt"][:10], key["revokedAt"]
    state = f"revoked {revoked[:10]}" if revoked else "works"
    return f"{key['id']}  {key['tenant']:<16} {key['role']:<6} {made}  {state:<19} {key['name']}".rstrip()
