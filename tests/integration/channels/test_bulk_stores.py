"""Feeds over every kind of store: their record, their lines and their rows are as good on each."""

from collections.abc import Iterator

import httpx
import pytest

from channels.limits import Rate
from channels.sellers import Rates
from channels.tenure import LENGTH
from tests.integration.channels.accidents import Killed
from tests.integration.channels.mall import STOCK, Mall, mall, names
from tests.integration.channels.perils import PerilousFeeds, Perils
from tests.stores import Place

THIN = Rates(Rate(0.1, 5), Rate(0.2, 10), create_feed=Rate(0.0083, 2))
FEW = names(40)


@pytest.fixture
def shop(http: httpx.Client, place: Place) -> Iterator[Mall]:
    with mall(http, opened=place.open) as built:
        built.open(FEW)
        built.limit(THIN)
        yield built


@pytest.mark.parametrize("step", ["after create", "after report"])
def test_a_feed_is_found_again_after_a_crash(shop: Mall, step: str) -> None:
    def dies(at: str) -> None:
        raise Killed(at)

    perils = Perils(lambda at: at == step, dies)
    first = shop.bulk("one", feeds=PerilousFeeds(shop.client().feeds, perils), rates=THIN)
    for name in FEW:
        shop.sell(name, STOCK)
    with pytest.raises(Killed):
        shop.until(first, lambda: False)
    shop.time.pass_(LENGTH)
    second = shop.bulk("two", rates=THIN)
    shop.until(second, shop.calm(FEW))
    shop.sound(FEW)
    assert len(shop.by_feed()) >= len(FEW) / 2
