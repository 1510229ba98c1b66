"""Who is let in, and as what, seen from outside."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from channels.limits import Rate
from processor.clock import system_clock
from processor.engine import Engine
from processor.errors import StoreUnavailable
from processor.registers import Register
from projections import PROJECTIONS
from stock.codec import decode
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.payloads import SECRET, SHOP, a_simple_body, an_order_body, shopify_headers
from tests.unit.channels.ticking import Ticking
from tests.unit.web.client import Client
from web.app import create_app
from web.guard.guard import Guard
from web.guard.keys import KeyBook
from web.guard.rate import Rates
from web.guard.roles import Role
from web.services import Services

HOOK = "/webhook/shopify"
STOCK = "/api/inventory"
PAGE = "https://pages.example"


@pytest.fixture
def other(engine: Engine) -> Services:
    """The parts of a server that other machines reach."""
    settings = Settings(store="memory", host="192.0.2.7", shopify_secrets={SHOP: [SECRET]})
    return services(settings, engine, system_clock)


def key_of(parts: Services, role: Role, tenant: str = "default") -> dict[str, str]:
    """Make a key and return the header that shows it."""
    return {"Authorization": f"Bearer {parts.guard.keys.create(tenant, role, 'a key')[1]}"}


def code_of(answer: object) -> tuple[int, str]:
    status: int = answer.status_code  # type: ignore[attr-defined]
    return status, answer.json()["code"]  # type: ignore[attr-defined]


def test_without_any_key_this_machine_may_do_everything(client: Client) -> None:
    assert client.post(HOOK, a_simple_body(("A", 1))).status_code == 200
    assert client.get("/api/status").status_code == 200
    assert client.get("/docs").status_code == 200
    assert client.get("/openapi.json").json()["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_without_any_key_no_other_machine_may_do_anything(parts: Services) -> None:
    far = Client(create_app(parts), "192.0.2.9")
    for path in (STOCK, "/api/keys"):
        assert code_of(far.get(path)) == (401, "unauthorized")
    assert code_of(far.post(HOOK, a_simple_body(("A", 1)))) == (401, "unauthorized")
    assert far.get("/health").status_code == 200


def test_a_server_that_others_reach_wants_keys_from_this_machine_too(other: Services) -> None:
    near = Client(create_app(other))
    answer = near.get(STOCK)
    assert code_of(answer) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "syncstate keys create" in answer.json()["hint"]
    assert near.ask("GET", STOCK, headers=key_of(other, "read")).status_code == 200


def test_from_the_first_key_on_this_machine_needs_one(parts: Services, client: Client) -> None:
    shown = key_of(parts, "read")
    for path in (STOCK, "/api/keys"):
        assert code_of(client.get(path)) == (401, "unauthorized")
        assert client.ask("GET", path, headers=shown).status_code in {200, 403}
    assert client.get("/health").status_code == 200
    assert code_of(client.post(HOOK, a_simple_body(("A", 1)))) == (401, "unauthorized")


def test_the_description_is_for_everybody_and_its_page_loads_nothing_foreign(parts: Services) -> None:
    key_of(parts, "read")
    far = Client(create_app(parts), "192.0.2.9")
    page = far.get("/docs")
    assert page.status_code == far.get("/openapi.json").status_code == 200
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded == ["/docs/page.css", "/docs/page.js", "/openapi.json"]
    assert [far.get(path).status_code for path in loaded] == [200, 200, 200]
    assert far.get("/docs/page.js").headers["Content-Type"].startswith("text/javascript")
    assert "//" not in far.get("/docs/page.css").text
    assert "https:" not in far.get("/docs/page.js").text


def test_a_key_is_shown_in_either_header(parts: Services, client: Client) -> None:
    text = key_of(parts, "read")["Authorization"].removeprefix("Bearer ")
    for headers in ({"X-Api-Key": text}, {"Authorization": f"bearer  {text} "}, {"authorization": f"BEARER {text}"}):
        assert client.ask("GET", STOCK, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer sks_000000000000_nothing"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer"},
        {"X-Api-Key": ""},
        {"X-Api-Key": "default"},
        {"X-Api-Key": "\u00e9"},
    ],
)
def test_a_wrong_key_is_refused_even_where_none_is_needed(client: Client, headers: dict[str, str]) -> None:
    shown = {name: value.encode("latin-1") for name, value in headers.items()}
    assert code_of(client.ask("GET", STOCK, headers=shown)) == (401, "unauthorized")


@pytest.mark.parametrize(("role", "statuses"), [("read", (200, 403, 403)), ("write", (200, 200, 403))])
def test_a_role_may_do_what_those_before_it_may_and_no_more(
    parts: Services, client: Client, role: Role, statuses: tuple[int, ...]
) -> None:
    shown = key_of(parts, role)
    answers = (
        client.ask("GET", STOCK, headers=shown),
        client.post(HOOK, a_simple_body(("A", 1)), shown),
        client.ask("GET", "/api/keys", headers=shown),
    )
    assert tuple(answer.status_code for answer in answers) == statuses
    assert answers[-1].json()["code"] == "forbidden"


def test_a_signature_opens_the_webhook_alone(other: Services) -> None:
    far, body = Client(create_app(other), "192.0.2.9"), an_order_body()
    assert far.post(HOOK, body, shopify_headers(body)).status_code == 200
    assert code_of(far.post(HOOK, body, shopify_headers(body, signer="guessed"))) == (401, "unauthorized")
    assert code_of(far.ask("GET", STOCK, headers=shopify_headers(b""))) == (401, "unauthorized")
    assert code_of(far.post("/api/keys", body, shopify_headers(body))) == (401, "unauthorized")


def test_a_write_key_is_no_way_around_a_wrong_signature(other: Services) -> None:
    far, body = Client(create_app(other), "192.0.2.9"), an_order_body()
    wrong = {**shopify_headers(body, signer="guessed"), **key_of(other, "write")}
    assert code_of(far.post(HOOK, body, wrong)) == (401, "unauthorized")
    assert far.post(HOOK, a_simple_body(("A", 1)), key_of(other, "write")).status_code == 200


def test_a_signed_delivery_may_come_through_a_tunnel_and_an_unsigned_one_not(client: Client) -> None:
    body = an_order_body()
    tunnel = {"Host": "shop-a.tunnel.example", "X-Forwarded-For": "192.0.2.9", "Content-Type": "text/plain"}
    assert client.post(HOOK, body, {**shopify_headers(body), **tunnel}).status_code == 200
    assert code_of(client.post(HOOK, a_simple_body(("A", 1)), tunnel)) == (401, "unauthorized")


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.0.2.7:3000", ""])
@pytest.mark.parametrize("path", [STOCK, "/api/keys"])
def test_a_name_that_was_made_to_lead_here_is_refused(client: Client, host: str, path: str) -> None:
    answer = client.ask("GET", path, headers={"Host": host})
    assert code_of(answer) == (403, "foreign_host")
    assert answer.json()["hint"]


def test_with_a_key_any_host_name_will_do(parts: Services, client: Client) -> None:
    shown = {**key_of(parts, "read"), "Host": "stock.example"}
    assert client.ask("GET", STOCK, headers=shown).status_code == 200


MARKS = [
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "Via",
    "CF-Connecting-IP",
    "True-Client-IP",
    "CDN-Loop",
]


@pytest.mark.parametrize("name", MARKS)
def test_a_proxy_on_this_machine_does_not_make_the_world_local(client: Client, name: str) -> None:
    assert code_of(client.ask("GET", STOCK, headers={name: "x"})) == (401, "unauthorized")


@pytest.mark.parametrize("site", ["same-origin", "same-site"])
@pytest.mark.parametrize("name", ["Origin", "Referer"])
def test_a_proxy_that_says_nothing_is_known_by_the_page_that_a_browser_names(
    client: Client, name: str, site: str
) -> None:
    def asked(page: str, **more: str) -> int:
        return client.ask("GET", STOCK, headers={name: page, "Sec-Fetch-Site": site, **more}).status_code

    assert asked("https://stock.example/docs") == 401
    assert asked("http://localhost:3000/docs") == asked("http://127.0.0.1:3000") == 200
    assert client.ask("GET", STOCK, headers={name: "https://x.example", "Sec-Fetch-Site": "cross-site"}).is_success


def test_a_machine_that_needs_keys_does_not_believe_itself(engine: Engine) -> None:
    behind = services(Settings(store="memory", require_keys=True), engine, system_clock)
    near = Client(create_app(behind))
    assert code_of(near.get(STOCK)) == (401, "unauthorized")
    assert near.ask("GET", STOCK, headers=key_of(behind, "read")).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
def test_without_a_key_a_body_must_say_that_it_is_json(parts: Services, client: Client, kind: str) -> None:
    answer = client.post(HOOK, a_simple_body(("A", 1)), {"Content-Type": kind})
    assert code_of(answer) == (415, "not_json")
    assert "application/json" in answer.json()["hint"]
    assert client.get(f"{STOCK}/A").status_code == 404
    assert client.post(HOOK, a_simple_body(("A", 1)), {"Content-Type": kind, **key_of(parts, "write")}).is_success


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/vnd.shop+json"])
def test_all_kinds_of_json_are_json(client: Client, kind: str) -> None:
    assert client.post(HOOK, a_simple_body(("A", 1)), {"Content-Type": kind}).status_code == 200


def test_a_body_of_unknown_length_must_be_json_too(client: Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield a_simple_body(("A", 1))

    async def arriving() -> object:
        for piece in pieces():
            yield piece

    assert code_of(client.ask("POST", HOOK, content=arriving())) == (415, "not_json")


def test_the_operator_does_everything_for_any_tenant(parts: Services, client: Client) -> None:
    key_of(parts, "read")
    token = {"Authorization": f"Bearer {parts.guard.token}"}
    for tenant in ("acme", "other"):
        named = {**token, "X-SyncState-Tenant": tenant}
        assert client.post(HOOK, a_simple_body(("A", 1), order=f"init-{tenant}"), named).status_code == 200
        assert client.ask("GET", f"{STOCK}/A", headers=named).json()["physical"] == 1
    assert client.ask("GET", f"{STOCK}/A", headers=token).status_code == 404
    wrong = {**token, "X-SyncState-Tenant": "No Slug"}
    assert code_of(client.ask("GET", STOCK, headers=wrong)) == (400, "invalid")


def test_nobody_else_may_name_a_tenant_that_is_not_theirs(parts: Services, client: Client) -> None:
    named = {"X-SyncState-Tenant": "other"}
    assert code_of(client.ask("GET", STOCK, headers=named)) == (403, "foreign_tenant")
    for role in ("read", "write", "admin"):
        shown = key_of(parts, role, "acme")
        assert code_of(client.ask("GET", STOCK, headers={**shown, **named})) == (403, "foreign_tenant")
        assert client.ask("GET", STOCK, headers={**shown, "X-SyncState-Tenant": "acme"}).status_code == 200


def test_two_programs_have_two_tokens(parts: Services, other: Services) -> None:
    assert parts.guard.token != other.guard.token
    assert len(parts.guard.token) >= 43
    with pytest.raises(ValueError, match="empty"):
        Guard(parts.guard.keys, token="", tenant="t", loopback=True, key_rates=limited(1, 1), shop_rates=limited(1, 1))


def limited(per_second: float, burst: int) -> Rates:
    return Rates(Rate(per_second, burst), Ticking().monotonic)


def test_a_key_that_asks_too_often_is_told_when_to_come_again(engine: Engine) -> None:
    settings = Settings(store="memory", rate_per_second=0.01, rate_burst=3)
    parts = services(settings, engine, system_clock)
    client, mine, theirs = Client(create_app(parts)), key_of(parts, "read"), key_of(parts, "read")
    asked = [client.ask("GET", STOCK, headers=mine) for _ in range(4)]
    assert [answer.status_code for answer in asked] == [200, 200, 200, 429]
    assert code_of(asked[3]) == (429, "too_often")
    assert 90 < int(asked[3].headers["Retry-After"]) <= 100
    assert client.ask("GET", STOCK, headers=theirs).status_code == 200
    operator = {"Authorization": f"Bearer {parts.guard.token}"}
    assert {client.ask("GET", STOCK, headers=operator).status_code for _ in range(9)} == {200}


def test_this_machine_without_keys_is_never_slowed(engine: Engine) -> None:
    settings = Settings(store="memory", rate_per_second=0.01, rate_burst=1)
    client = Client(create_app(services(settings, engine, system_clock)))
    assert {client.get(STOCK).status_code for _ in range(9)} == {200}


def test_a_shop_is_limited_by_what_it_signed_and_not_by_what_others_forge(parts: Services) -> None:
    guard = Guard(
        parts.guard.keys,
        token="a token",  # noqa: S106 - as good as any here
        tenant="default",
        loopback=True,
        key_rates=limited(1, 1),
        shop_rates=limited(0.1, 2),
    )
    client, body = Client(create_app(replace(parts, guard=guard))), an_order_body()
    forged = shopify_headers(body, signer="guessed")
    assert {client.post(HOOK, body, forged).status_code for _ in range(9)} == {401}
    signed = [client.post(HOOK, body, shopify_headers(body)) for _ in range(3)]
    assert [answer.status_code for answer in signed] == [200, 200, 429]
    assert int(signed[2].headers["Retry-After"]) == 10


@pytest.fixture
def paged(engine: Engine) -> Services:
    """The parts of a server whose settings name a page of another site."""
    return services(Settings(store="memory", cors_origins=(PAGE,)), engine, system_clock)


def test_a_page_that_the_settings_name_may_ask_with_a_key(paged: Services) -> None:
    client, sent = Client(create_app(paged)), {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}
    assert code_of(client.post(HOOK, a_simple_body(("A", 1)), sent)) == (403, "foreign_origin")
    answer = client.post(HOOK, a_simple_body(("A", 1)), {**sent, **key_of(paged, "write")})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, PAGE)
    assert "Access-Control-Allow-Credentials" not in answer.headers
    asking = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    allowed = client.ask("OPTIONS", HOOK, headers={**asking, "Access-Control-Request-Headers": "authorization"})
    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (200, PAGE)


def test_no_other_page_may(paged: Services, parts: Services) -> None:
    sent = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for theirs in (paged, parts):
        client = Client(create_app(theirs))
        answer = client.post(HOOK, a_simple_body(("A", 1)), {**sent, **key_of(theirs, "write")})
        assert code_of(answer) == (403, "foreign_origin")
        asking = {**sent, "Access-Control-Request-Method": "POST"}
        assert "Access-Control-Allow-Origin" not in client.ask("OPTIONS", HOOK, headers=asking).headers
        assert "Access-Control-Allow-Origin" not in client.ask("GET", "/health", headers=sent).headers


def test_a_store_that_is_away_lets_nobody_in(engine: Engine, client: Client) -> None:
    def away(_: str) -> Iterator[tuple[str, Register]]:
        raise StoreUnavailable("scan", "it is away")

    engine.store.registers.scan = away  # type: ignore[method-assign, assignment]
    for headers in ({"X-Api-Key": "sks_a_b"}, {}):
        assert code_of(client.ask("GET", STOCK, headers=headers)) == (503, "unavailable")
    assert client.get("/health").status_code == 200


def test_a_request_is_logged_by_its_route_and_by_whose_key_it_carried(parts: Services, client: Client) -> None:
    key, text = parts.guard.keys.create("acme", "read", "private name")
    with capture_logs() as logged:
        client.ask("GET", f"{STOCK}/jane@mail.example?token=hush", headers={"X-Api-Key": text})
        client.get("/who/is/jane?she=hush")
    lines = [line for line in logged if line["event"] == "http.request"]
    assert lines[0] == {
        "event": "http.request",
        "log_level": "info",
        "method": "GET",
        "route": "/api/inventory/{sku:path}",
        "status": 404,
        "ms": lines[0]["ms"],
        "tenant": "acme",
        "caller": key.id,
    }
    assert (lines[1]["route"], lines[1]["status"], "caller" in lines[1]) == ("none", 404, False)


def test_keys_survive_the_program(parts: Services) -> None:
    text = key_of(parts, "read")
    with closing(Engine(parts.engine.store, PROJECTIONS, decode, watch="inventory")) as engine:
        later = Client(create_app(services(Settings(store="memory"), engine, system_clock)))
        assert later.ask("GET", STOCK, headers=text).status_code == 200
        assert later.get(STOCK).status_code == 401


def test_a_book_reads_what_another_wrote(parts: Services) -> None:
    assert not parts.guard.keys.any_active()
    KeyBook(parts.engine.store.registers, system_clock).create("acme", "read", "")
    assert parts.guard.keys.any_active()
