"""Notifiers that run: threads, the machine's time, several at once, and wired from the settings."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from channels.notices import progress as limits
from channels.notices.notifier import Audience, Notifier
from channels.notices.posting import Slack, Webhook
from processor.adapters.memory import MemoryStore
from processor.clock import system_clock
from processor.engine import Engine
from processor.log import Append
from projections import PROJECTIONS
from stock.codec import decode
from stock.dispositions import Disposition
from stock.identities import sku, sku_stream
from syncstate.settings import Settings
from syncstate.wiring import assembled
from tests.factories import a_return
from tests.integration.channels.alarms import SECRET, TENANT
from tests.integration.channels.receivers import Inbox, inbox
from tests.stores import Place

PATIENCE = 20.0
SOON = timedelta(milliseconds=50)


@pytest.fixture
def box() -> Iterator[Inbox]:
    with inbox() as opened:
        yield opened


def until(probe: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not probe():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def record(engine: Engine, name: str, tenant: str = TENANT) -> None:
    engine.recorder.record([Append(sku_stream(tenant, sku(name)), (a_return(1, Disposition.CUSTOMER_DAMAGED),))])


def told(box: Inbox) -> list[str]:
    """Return the SKUs told of, a message with its repeats once."""
    return sorted(name for post in {post.delivery: post for post in box.posts}.values() for name in post.skus)


def _is_told(box: Inbox, name: str) -> bool:
    return name in told(box)


def test_two_that_run_on_one_store_tell_everything_once_and_one_goes_on_alone(
    place: Place, http: httpx.Client, box: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SPACING", SOON)
    with ExitStack() as stack:
        engines = [Engine(place.open(system_clock), PROJECTIONS, decode, watch="inventory") for _ in range(2)]
        notifiers = [
            Notifier(
                engine,
                [Audience(TENANT, (Webhook(http, box.url, SECRET),))],
                holder=f"h{number}",
                poll=SOON,
            )
            for number, engine in enumerate(engines)
        ]
        for engine, notifier in zip(engines, notifiers, strict=True):
            stack.callback(engine.close)
            stack.callback(notifier.stop)
            notifier.start()
        until(lambda: any(True for _ in engines[0].store.registers.scan("notices/")))
        names = [f"T{number:02}" for number in range(30)]
        for number, name in enumerate(names):
            record(engines[number % 2], name)
            if number == 15:
                notifiers[0].stop()
        until(lambda: told(box) == names)
        assert len({post.delivery for post in box.posts}) == len(box.posts)


def test_a_target_that_hangs_holds_up_no_other(http: httpx.Client, box: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SPACING", SOON)
    engine = Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")
    with inbox() as slow:
        slow.meanwhile = lambda: time.sleep(2)
        audiences = [
            Audience("slow", (Slack(http, slow.url), Webhook(http, box.url, SECRET))),
            Audience(TENANT, (Webhook(http, box.url, SECRET),)),
        ]
        notifier = Notifier(engine, audiences, holder="one", poll=SOON)
        notifier.start()
        until(lambda: len(list(engine.store.registers.scan("notices/"))) == 3)
        began = time.monotonic()
        record(engine, "A", "slow")
        record(engine, "B")
        until(lambda: told(box) == ["A", "B"])
        assert time.monotonic() - began < 1.8
        notifier.stop()
    engine.close()


def test_the_setting_alone_is_enough(tmp_path: Path, box: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SPACING", SOON)
    settings = Settings(
        data=tmp_path,
        notify={"default": {"webhook": {"url": f"{box.url}/hook", "secret": SECRET}, "minimum": "warning"}},
    )
    for name in ("A", "B"):
        with assembled(settings) as system:
            system.start()
            until(lambda: any(True for _ in system.engine.store.registers.scan("notices/")))
            time.sleep(0.05)
            record(system.engine, name, "default")
            until(partial(_is_told, box, name))
    assert told(box) == ["A", "B"]


def test_commands_that_only_read_tell_nobody(tmp_path: Path, box: Inbox) -> None:
    settings = Settings(data=tmp_path, notify={"default": {"slack": {"url": box.url}}})
    with assembled(settings, channels=False) as system:
        system.start()
        record(system.engine, "A", "default")
        time.sleep(0.2)
        assert list(system.engine.store.registers.scan("notices/")) == []
    assert box.posts == []


@pytest.mark.parametrize(
    ("notices", "sentence"),
    [
        ({}, "name at least one of webhook, slack and mail"),
        ({"slack": {"url": "T0/PRIVATE"}}, "an address begins with https://"),
        ({"slack": {"url": "ftp://PRIVATE"}}, "an address begins with https://"),
        ({"webhook": {"url": "https://PRIVATE", "secret": "PRIVATE"}}, "a webhook's secret has 16 characters or more"),
        (
            {"mail": {"host": "smtp.example", "from": "a@b.c", "to": ["d@e.f"], "username": "PRIVATE"}},
            "username and password go together",
        ),
        (
            {
                "mail": {
                    "host": "smtp.example",
                    "from": "a@b.c",
                    "to": ["d@e.f"],
                    "username": "u",
                    "password": "PRIVATE",
                    "security": "none",
                }
            },
            "a password is sent with security starttls or tls alone",
        ),
        ({"mail": {"host": "smtp.example", "from": "a@b.c\nBcc: x@y.z", "to": ["d@e.f"]}}, "should match pattern"),
        ({"slack": {"url": "https://h"}, "digest_minutes": 1441}, "less than or equal to 1440"),
        ({"slack": {"url": "https://h"}, "minimun": "info"}, "Extra inputs are not permitted"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_without_being_quoted(notices: object, sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(notify={"default": notices})
    messages = [error["msg"] for error in refused.value.errors(include_input=False)]
    assert any(sentence in message for message in messages)
    assert "PRIVATE" not in "".join(messages)
