"""All listings of a seller, over real HTTP: page by page, past the thousand that one search reaches."""

from datetime import timedelta

import httpx
import pytest

from channels.amazon.catalogue import Listed, Listings, Place
from channels.amazon.client import AmazonClient
from channels.errors import Refused, Throttled, Unreachable
from channels.simulators.amazon import Fault, SimulatedAmazon, Simulator, simulated_amazon
from tests.integration.channels.shop import Shop
from tests.unit.channels.ticking import Ticking


def walk(client: AmazonClient) -> list[Listings]:
    pages = [client.catalogue.page()]
    while (following := pages[-1].next) is not None:
        pages.append(client.catalogue.page(following))
    return pages


def listings(pages: list[Listings]) -> list[Listed]:
    return [listed for page in pages for listed in page.listings]


def test_a_listing_is_told_with_who_fulfils_it(sim: Simulator, client: AmazonClient) -> None:
    sim.amazon.put_listing("A", quantity=4, product_type="SHIRT")
    sim.amazon.put_listing("F", quantity=9, channel="AMAZON_EU")
    sim.amazon.put_listing("N", channel=None)
    told = {listed.listing: listed for listed in listings(walk(client))}
    assert told["A"] == Listed("A", "SHIRT", merchant=True, quantity=4, statuses=("BUYABLE", "DISCOVERABLE"))
    assert (told["F"].merchant, told["F"].quantity) == (False, None)
    assert (told["N"].merchant, told["N"].quantity) == (False, None)


def test_no_listings_are_one_empty_page(client: AmazonClient) -> None:
    (page,) = walk(client)
    assert (page.listings, page.total, page.next) == ((), 0, None)


@pytest.mark.parametrize("number", [19, 20, 21, 40, 55])
def test_every_listing_comes_once(sim: Simulator, client: AmazonClient, number: int) -> None:
    for n in range(number):
        sim.amazon.put_listing(f"SKU/{n}", quantity=n)
    pages = walk(client)
    assert len(pages) == -(-number // 20)
    assert sorted(listed.listing for listed in listings(pages)) == sorted(f"SKU/{n}" for n in range(number))
    assert pages[0].total == number


def test_a_walk_goes_past_the_thousand_that_one_search_reaches(http: httpx.Client) -> None:
    """Five listings are created in each moment, so that the second search begins in the middle of one."""
    time = Ticking()
    amazon = SimulatedAmazon(clock=time.clock, monotonic=time.monotonic)
    for number in range(2203):
        if number % 5 == 3:
            time.pass_(timedelta(milliseconds=10))
        amazon.put_listing(f"SKU-{number}", quantity=1)
    with simulated_amazon(amazon) as sim:
        client = Shop(sim, http).client()
        place: Place | None = Place()
        seen: list[str] = []
        while place is not None:
            time.pass_(timedelta(seconds=1))
            page = client.catalogue.page(place)
            seen += [listed.listing for listed in page.listings]
            place = page.next
        assert len(set(seen)) == 2203
        assert len(seen) - 2203 <= 10, "a few come twice, where a search begins"
        assert amazon.refused == {}


def test_a_thousand_listings_of_one_moment_are_refused_rather_than_left_out(http: httpx.Client) -> None:
    time = Ticking()
    amazon = SimulatedAmazon(clock=time.clock, monotonic=time.monotonic)
    for number in range(1001):
        amazon.put_listing(f"SKU-{number}", quantity=1)
    with simulated_amazon(amazon) as sim:
        client = Shop(sim, http).client()
        place = Place(created_after=time.clock())
        for _ in range(49):
            following = client.catalogue.page(place).next
            assert following is not None
            place = following
            time.pass_(timedelta(seconds=1))
        with pytest.raises(Refused, match="TooManyAtOnce"):
            client.catalogue.page(place)


def test_listings_are_asked_for_by_name_twenty_at_a_time(sim: Simulator, client: AmazonClient) -> None:
    names = [f"SKU/{number} ü" for number in range(20)]
    for name in (*names[:19], "another"):
        sim.amazon.put_listing(name, quantity=4)
    page = client.catalogue.named(names)
    assert {listed.listing: listed.quantity for listed in page.listings} == dict.fromkeys(names[:19], 4)
    assert (page.next, sim.amazon.requests["searchListingsItems"]) == (None, 1)
    for wrong in ([], [*names, "one more"], ["a,b"]):
        with pytest.raises(ValueError, match="by name"):
            client.catalogue.named(wrong)


def test_a_page_that_fails_can_be_asked_for_again(sim: Simulator, client: AmazonClient) -> None:
    for n in range(30):
        sim.amazon.put_listing(f"SKU-{n}", quantity=n)
    first = client.catalogue.page()
    assert first.next is not None
    sim.amazon.faults.add(Fault(kind="drop", operation="searchListingsItems"))
    with pytest.raises(Unreachable):
        client.catalogue.page(first.next)
    assert len(client.catalogue.page(first.next).listings) == 10


def test_searches_are_throttled_at_the_published_rate(http: httpx.Client) -> None:
    time = Ticking()
    with simulated_amazon(SimulatedAmazon(clock=time.clock, monotonic=time.monotonic)) as sim:
        client = Shop(sim, http).client()
        for _ in range(5):
            assert client.catalogue.page().granted == 5
        with pytest.raises(Throttled):
            client.catalogue.page()
