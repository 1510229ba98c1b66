"""Keys, the operator's token and refusals to start, with real processes."""

import json
import socket
import stat
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.serving import Server, command, environment
from tests.payloads import a_simple_body, an_order_body, shopify_headers

pytestmark = pytest.mark.slow

FAR = "192.0.2.7"
"""An address that no machine has (RFC 5737): whoever gets past the refusals cannot listen there."""


def keys(data: Path, *arguments: str) -> dict[str, Any]:
    done = command("keys", *arguments, "--data", str(data), "--json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def serve_far(data: Path, **env: str) -> str:
    """Try to serve to other machines; return the one sentence that says why not."""
    done = command("serve", "--data", str(data), "--host", FAR, "--port", "0", env=environment(**env))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    return done.stderr


def test_a_server_for_other_machines_says_step_by_step_what_it_needs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    nothing = serve_far(data, SYNCSTATE_SHOPIFY_SECRETS="")
    create = f"syncstate keys create --tenant default --role admin --data {data}"
    assert create in nothing
    assert "SYNCSTATE_SHOPIFY_SECRETS=" in nothing
    assert "--host 127.0.0.1" in nothing
    assert create in serve_far(data)
    assert not data.exists()

    done = command(*create.removeprefix("syncstate ").split(), "--json")
    assert done.returncode == 0, done.stderr
    no_secrets = serve_far(data, SYNCSTATE_SHOPIFY_SECRETS="")
    assert "SYNCSTATE_SHOPIFY_SECRETS=" in no_secrets
    assert "keys create" not in no_secrets
    assert "cannot listen" in serve_far(data)

    keys(data, "revoke", json.loads(done.stdout)["id"])
    assert create in serve_far(data)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "stock.example"])  # noqa: S104
def test_no_address_but_this_machines_own_is_free_of_keys(tmp_path: Path, host: str) -> None:
    done = command("serve", "--data", str(tmp_path / "data"), "--host", host, "--port", "0")
    assert (done.returncode, "keys create" in done.stderr) == (1, True)


def test_keys_are_made_listed_and_revoked_beside_a_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Server(data) as server:
        assert server.post(a_simple_body(("A", 5), order="init-1")).status_code == 200
        made = keys(data, "create", "--role", "read", "--tenant", "acme", "--name", "dashboard")
        shown = {"Authorization": f"Bearer {made['key']}"}
        assert server.http.get("/api/inventory").status_code == 401
        assert server.http.get("/api/inventory", headers=shown).json()["inventory"] == {}
        assert server.http.get("/api/keys", headers=shown).status_code == 403
        body = an_order_body()
        assert server.post(body, shopify_headers(body)).status_code == 200
        mine = keys(data, "create", "--role", "write")
        writing = {"X-Api-Key": mine["key"]}
        assert server.post(a_simple_body(("A", 2), order="o1"), writing).json()["inventoryAfter"] == {"A": 3}

        listed = keys(data, "list")
        assert [(key["id"], key["tenant"]) for key in listed["keys"]] == [
            (made["id"], "acme"),
            (mine["id"], "default"),
        ]
        assert [key["id"] for key in keys(data, "list", "--tenant", "acme")["keys"]] == [made["id"]]
        keys(data, "revoke", made["id"])
        assert server.http.get("/api/inventory", headers=shown).status_code == 401
        readable = command("keys", "list", "--data", str(data)).stdout
        assert readable.splitlines()[0].startswith(f"{made['id']}  acme")
        assert made["key"] not in readable + server.told()
        token = json.loads((data / "server.json").read_text())["token"]
        assert token not in server.told()
        assert stat.S_IMODE((data / "server.json").stat().st_mode) == 0o600
        assert command("status", "--data", str(data)).returncode == 0
    assert [key["id"] for key in keys(data, "list", "--tenant", "default")["keys"]] == [mine["id"]]


def test_a_page_elsewhere_cannot_reach_a_server_without_keys(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        url = f"{server.url}/api/inventory"
        assert httpx.get(url, headers={"Host": "evil.example"}, trust_env=False).status_code == 403
        form = {"Content-Type": "text/plain", "Origin": "https://evil.example"}
        assert server.post(a_simple_body(("A", 5)), form).status_code == 403
        assert server.post(a_simple_body(("A", 5)), {"Content-Type": "text/plain"}).status_code == 415
        assert server.get("/api/inventory")["inventory"] == {}


def spoken(url: str, version: str) -> bytes:
    """Ask for the inventory as nginx does when it is told `proxy_pass` and nothing more; return the status line."""
    host = url.removeprefix("http://")
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port)), timeout=10) as line:
        line.sendall(f"GET /api/inventory HTTP/{version}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return line.recv(4096).split(b"\r\n")[0]


def test_a_proxy_that_says_nothing_is_known_by_the_language_it_speaks(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        assert spoken(server.url, "1.1").endswith(b"200 OK")
        assert spoken(server.url, "1.0").endswith(b"401 Unauthorized")
        [warning] = [line for line in server.told().splitlines() if "keys.none" in line]
        assert "syncstate keys create" in warning


def test_behind_a_proxy_a_server_does_not_start_without_keys(tmp_path: Path) -> None:
    data, behind = tmp_path / "data", environment(SYNCSTATE_REQUIRE_KEYS="true")
    done = command("serve", "--data", str(data), "--port", "0", env=behind)
    assert (done.returncode, done.stderr.count("\n"), data.exists()) == (1, 1, False)
    assert f"syncstate keys create --tenant default --role admin --data {data}" in done.stderr
    assert "unset SYNCSTATE_REQUIRE_KEYS" in done.stderr
    made = keys(data, "create", "--role", "read")
    with Server(data, env=behind) as server:
        assert server.http.get("/api/inventory").status_code == 401
        assert server.http.get("/api/inventory", headers={"X-Api-Key": made["key"]}).status_code == 200
        assert "keys.none" not in server.told()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("create",), 2, "--role"),
        (("create", "--role", "owner"), 2, "admin"),
        (("create", "--role", "read", "--tenant", "No Slug"), 2, "SYNCSTATE_TENANT"),
        (("revoke", "000000000000"), 1, "syncstate keys list"),
        (("revoke", "a/b"), 2, "syncstate keys list"),
        (("list",), 1, "there is no data"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    data = tmp_path / "data"
    if arguments[0] == "revoke":
        keys(data, "create", "--role", "read")
    done = command("keys", *arguments, "--data", str(data))
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_made_in_the_demo_does_not_stop_it(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    with Server(data, "demo", "--every", "0.1") as server:
        keys(data, "create", "--role", "read")
        told = server.told().count("Amazon was told")
        deadline = time.monotonic() + 30
        while server.told().count("Amazon was told") < told + 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert server.told().count("Amazon was told") >= told + 3
        assert "does not answer" not in server.told()
