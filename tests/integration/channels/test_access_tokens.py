"""Access tokens: one refresh for all threads, before they expire and when they are refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from time import monotonic

import httpx
import pytest

from channels.amazon.tokens import AccessTokens, Credentials
from channels.errors import Throttled, Unauthorised, Unreachable
from channels.http import Deadline
from channels.simulators.amazon import Fault, SimulatedAmazon, Simulator, simulated_amazon
from tests.unit.channels.ticking import Ticking

THREADS = 16


def soon() -> Deadline:
    return Deadline(timedelta(seconds=10), monotonic)


@pytest.fixture
def tokens(sim: Simulator, http: httpx.Client) -> AccessTokens:
    return AccessTokens(http, sim.credentials, endpoint=sim.token_url)


def asked_at_once(tokens: AccessTokens, refused: str | None = None) -> set[str]:
    """Return the tokens that many threads get at the same moment."""
    gate = Barrier(THREADS)

    def ask(_: int) -> str:
        gate.wait(10)
        return tokens.token(soon(), refused)

    with ThreadPoolExecutor(THREADS) as pool:
        return set(pool.map(ask, range(THREADS)))


def test_many_threads_share_one_refresh(sim: Simulator, tokens: AccessTokens) -> None:
    sim.amazon.faults.add(Fault(kind="slow", seconds=0.2, operation="token"))
    assert len(asked_at_once(tokens)) == 1
    assert sim.amazon.requests["token"] == 1


def test_many_threads_whose_token_is_refused_share_one_refresh(sim: Simulator, tokens: AccessTokens) -> None:
    refused = tokens.token(soon())
    sim.amazon.faults.add(Fault(kind="slow", seconds=0.2, operation="token"))
    fresh = asked_at_once(tokens, refused)
    assert len(fresh) == 1
    assert fresh != {refused}
    assert sim.amazon.requests["token"] == 2


def test_a_thread_with_an_older_refused_token_gets_the_newer_one(sim: Simulator, tokens: AccessTokens) -> None:
    first = tokens.token(soon())
    second = tokens.token(soon(), first)
    assert tokens.token(soon(), first) == second
    assert sim.amazon.requests["token"] == 2


@pytest.mark.parametrize(("life", "kept"), [(3600, 3539), (100, 89)])
def test_a_token_is_replaced_shortly_before_it_expires(http: httpx.Client, life: int, kept: int) -> None:
    time = Ticking()
    amazon = SimulatedAmazon(token_life=timedelta(seconds=life), monotonic=time.monotonic)
    with simulated_amazon(amazon) as sim:
        tokens = AccessTokens(http, sim.credentials, endpoint=sim.token_url, monotonic=time.monotonic)
        first = tokens.token(soon())
        time.pass_(timedelta(seconds=kept))
        assert tokens.token(soon()) == first
        time.pass_(timedelta(seconds=2))
        assert amazon.knows(first), "the old one is good still"
        assert tokens.token(soon()) != first


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"client_id": "other"}, "invalid_client"),
        ({"client_secret": "other"}, "invalid_client"),
        ({"refresh_token": "Atzr|gone"}, "invalid_grant"),
    ],
)
def test_keys_that_are_wrong_are_unauthorised(
    sim: Simulator, http: httpx.Client, wrong: dict[str, str], code: str
) -> None:
    right = sim.credentials
    given = {
        "client_id": right.client_id,
        "client_secret": right.client_secret,
        "refresh_token": right.refresh_token,
        **wrong,
    }
    tokens = AccessTokens(http, Credentials(**given), endpoint=sim.token_url)
    with pytest.raises(Unauthorised) as caught:
        tokens.token(soon())
    assert caught.value.code == code
    assert not [value for value in given.values() if value in str(caught.value)]


@pytest.mark.parametrize("kind", ["status", "drop", "garbled", "slow"])
def test_a_token_that_cannot_be_had_means_that_nothing_was_asked(
    sim: Simulator, tokens: AccessTokens, kind: str
) -> None:
    sim.amazon.faults.add(Fault.model_validate({"kind": kind, "operation": "token", "seconds": 3}))
    with pytest.raises(Unreachable) as caught:
        tokens.token(Deadline(timedelta(seconds=0.5), monotonic))
    assert not caught.value.sent
    assert tokens.token(soon()), "the next one asks again"


def test_login_with_amazon_throttles_too(sim: Simulator, tokens: AccessTokens) -> None:
    sim.amazon.faults.add(Fault(kind="throttle", operation="token", retry_after=3))
    with pytest.raises(Throttled) as caught:
        tokens.token(soon())
    assert caught.value.retry_after == timedelta(seconds=3)


def test_waiting_for_anothers_refresh_ends_with_ones_own_budget(sim: Simulator, tokens: AccessTokens) -> None:
    sim.amazon.faults.add(Fault(kind="slow", seconds=1, operation="token"))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(tokens.token, soon())
        while not sim.amazon.requests.get("token"):
            pass
        with pytest.raises(Unreachable) as caught:
            tokens.token(Deadline(timedelta(seconds=0.1), monotonic))
        assert not caught.value.sent
        assert first.result(10)
