"""A program whose settings name a shop gives it what others changed."""

import time
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from channels.simulators.shopify import Simulator
from processor.log import Append
from projections.broadcasts.delta_queries import DeltaQueries
from stock.events import ListingMapped, SaleRecorded
from stock.identities import sku, sku_stream
from syncstate.settings import Settings
from syncstate.stores import SettingMissing
from syncstate.wiring import assembled
from tests.factories import an_opening, stated

PATIENCE = 20.0


def until(probe: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not probe():
        assert time.monotonic() - began < PATIENCE, "it did not happen"
        time.sleep(0.02)


def settings(sim: Simulator, **more: object) -> Settings:
    told = {"shopify_shop": sim.shopify.domain, "shopify_token": SecretStr(sim.shopify.token), **more}
    return Settings(store="memory", shopify_endpoint=sim.url, shopify_mode="live", **told)  # type: ignore[arg-type]


def test_a_sale_reaches_the_shop(sim: Simulator) -> None:
    item = sim.shopify.put_good("A", 30).item
    with assembled(settings(sim)) as system:
        system.start()
        engine, stream = system.engine, sku_stream("default", sku("A"))
        accounts = DeltaQueries(engine.store.models, lambda: engine.live("broadcasts"))
        engine.recorder.record([Append(stream, (an_opening(10), stated(ListingMapped("shopify", item))))])

        def learnt() -> bool:
            account = accounts.account("default", sku("A"))
            return account is not None and account.deltas.expected == 30

        until(learnt)
        engine.recorder.record([Append(stream, (stated(SaleRecorded(3), source="amazon"),))])
        until(lambda: sim.shopify.available(item) == 27)
        standing = system.services.overseer.standing("default", "shopify")
        assert (standing.seller, standing.mode) == (sim.shopify.domain, "live")


def test_a_shop_without_a_token_is_refused(sim: Simulator) -> None:
    with pytest.raises(SettingMissing, match="SYNCSTATE_SHOPIFY_TOKEN"), assembled(settings(sim, shopify_token=None)):
        pass
