"""Connecting a seller: real HTTP to the small Amazon, on memory and SQLite."""

from datetime import timedelta

import pytest

from channels.simulators.amazon import Fault, SimulatedAmazon, Simulator, simulated_amazon
from syncstate.cli.failures import Failure
from syncstate.connecting.account import Account
from syncstate.connecting.at_amazon import Wishes, connect_amazon
from tests.integration.connecting.conftest import seller_settings
from tests.integration.connecting.house import Accident, House, Killed

QUEUE = "arn:aws:sqs:us-east-1:123456789012:amazon"


def connect(house: House, sim: Simulator, **wishes: object) -> Account:
    return connect_amazon(seller_settings(sim), Wishes(**wishes), house.reach)  # type: ignore[arg-type]


def stocked(house: House, sim: Simulator) -> None:
    house.count("A", 5)
    house.count("B/ä 1", 0)
    for name, quantity in (("A", 5), ("B/ä 1", 7), ("NEW", 3), ("b/Ä1", 1)):
        sim.amazon.put_listing(name, quantity=quantity, product_type="SHIRT")
    sim.amazon.put_listing("FBA", quantity=9, channel="AMAZON_EU")
    sim.amazon.put_listing("UNTOLD", channel=None)


def test_a_dry_run_tells_and_changes_nothing(house: House, amazon: Simulator) -> None:
    stocked(house, amazon)
    before = house.events()
    told = connect(house, amazon, queue=QUEUE).summary()
    assert (told["ok"], told["dryRun"], told["read"]) == (True, True, 6)
    assert told["verdicts"] == {"map": 2, "unknown": 1, "case": 1, "not_merchant": 2}
    assert {one["sku"]: (one["shows"], one["here"]) for one in told["map"]} == {"A": (5, 5), "B/ä 1": (7, 0)}
    assert {one["listing"] for one in told["leftAlone"]} == {"NEW", "b/Ä1", "FBA", "UNTOLD"}
    assert (told["differ"]["count"], told["differ"]["toZero"]) == (1, 1)
    assert {one["status"] for one in told["subscriptions"]} == {"missing"}
    assert house.events() == before
    assert not amazon.amazon.subscriptions.destinations()


def test_what_the_merchant_ships_is_mapped_and_told_of_and_no_quantity_is_sent(house: House, amazon: Simulator) -> None:
    stocked(house, amazon)
    shown = {listing.sku: dict(listing.available) for listing in amazon.amazon.listings()}
    account = connect(house, amazon, yes=True, queue=QUEUE)
    assert account.well
    assert house.listings("amazon") == {"A": "A", "B/ä 1": "B/ä 1"}
    assert {one.status for one in account.subscriptions} == {"made"}
    [destination] = amazon.amazon.subscriptions.destinations()
    assert destination.queue == QUEUE
    assert "patch" not in amazon.amazon.requests
    assert {listing.sku: dict(listing.available) for listing in amazon.amazon.listings()} == shown
    mapping = house.api.get("/api/mapping", {"sku": "A"})
    assert mapping["productType"] == "SHIRT"


def test_a_second_run_does_nothing_new(house: House, amazon: Simulator) -> None:
    stocked(house, amazon)
    connect(house, amazon, yes=True, new=True, queue=QUEUE)
    before = house.events()
    again = connect(house, amazon, yes=True, new=True, queue=QUEUE)
    assert house.events() == before
    assert (again.compared.counts["mapped"], {one.status for one in again.subscriptions}) == (3, {"there"})
    assert len(amazon.amazon.subscriptions.destinations()) == 1


def test_new_skus_begin_uncounted(house: House, amazon: Simulator) -> None:
    stocked(house, amazon)
    connect(house, amazon, yes=True, new=True)
    assert house.numbers() == {"A": 5, "B/ä 1": 0, "NEW": None}
    assert house.listings("amazon")["NEW"] == "NEW"


def test_what_a_person_mapped_or_unmapped_stays_so(house: House, amazon: Simulator) -> None:
    stocked(house, amazon)
    house.api.post("/api/mapping", {"sku": "A", "listing": "NEW"})
    house.api.post("/api/batch", {"facts": [{"type": "mapping", "sku": "B/ä 1", "listing": "X"}]})
    house.api.post("/api/batch", {"facts": [{"type": "unmapping", "sku": "B/ä 1"}]})
    account = connect(house, amazon, yes=True, new=True)
    assert house.listings("amazon") == {"A": "NEW", "B/ä 1": None}
    assert account.compared.counts["taken_away"] == account.compared.counts["elsewhere"] == 1


@pytest.mark.parametrize("after", [False, True])
def test_a_run_that_was_killed_goes_on(house: House, amazon: Simulator, *, after: bool) -> None:
    stocked(house, amazon)
    house.accident = Accident(1, after=after)
    with pytest.raises(Killed):
        connect(house, amazon, yes=True, queue=QUEUE)
    house.accident = Accident()
    assert connect(house, amazon, yes=True, queue=QUEUE).well
    assert house.listings("amazon") == {"A": "A", "B/ä 1": "B/ä 1"}
    ledger = house.api.get("/api/events/A")["events"]
    assert [event["type"] for event in ledger] == ["StockCounted", "ListingMapped"]


def test_all_pages_are_read_within_the_limits(house: House, amazon: Simulator) -> None:
    for number in range(170):
        amazon.amazon.put_listing(f"S{number}", quantity=1)
    account = connect(house, amazon, yes=True, new=True)
    assert len(account.compared.judged) == len(house.listings("amazon")) == 170
    assert not amazon.amazon.refused


def test_what_goes_wrong_on_the_way_is_asked_again(house: House, amazon: Simulator) -> None:
    stocked(house, amazon)
    amazon.amazon.faults.add(
        Fault(kind="drop", operation="searchListingsItems"),
        Fault(kind="throttle", operation="searchListingsItems", retry_after=0),
        Fault(kind="status", operation="getSubscription"),
        Fault(kind="drop", operation="createDestination", applied=True),
        Fault(kind="drop", operation="createSubscription", applied=True),
    )
    account = connect(house, amazon, yes=True, queue=QUEUE)
    assert account.well
    assert len(amazon.amazon.subscriptions.destinations()) == 1
    assert {one.status for one in account.subscriptions} == {"made"}


def test_a_type_that_is_refused_spoils_no_other(house: House, amazon: Simulator) -> None:
    amazon.amazon.faults.add(Fault(kind="status", status=400, operation="createSubscription"))
    account = connect(house, amazon, yes=True, queue=QUEUE)
    assert [one.status for one in account.subscriptions] == ["refused", "made", "made", "made", "made"]
    assert not account.well
    assert account.subscriptions[0].reason == "InternalFailure: On command."


def test_a_destination_may_be_named(house: House, amazon: Simulator) -> None:
    made = amazon.amazon.subscriptions.add_destination("mine", QUEUE)
    assert made is not None
    account = connect(house, amazon, yes=True, destination=made.destination)
    assert {one.status for one in account.subscriptions} == {"made"}


@pytest.mark.parametrize(
    ("wrong", "setting"),
    [
        ({"amazon_refresh_token": "x"}, "SYNCSTATE_AMAZON_REFRESH_TOKEN is not right"),
        ({"amazon_client_secret": "x"}, "SYNCSTATE_AMAZON_CLIENT_SECRET is not right"),
        ({"amazon_client_id": "x"}, "SYNCSTATE_AMAZON_CLIENT_ID or"),
        ({"amazon_marketplace": "x"}, "look at SYNCSTATE_AMAZON_MARKETPLACE"),
        ({"amazon_seller": "x"}, "SYNCSTATE_AMAZON_SELLER is not the seller"),
        ({"amazon_endpoint": "http://127.0.0.1:1"}, "look at the network and at SYNCSTATE_AMAZON_ENDPOINT"),
        ({"amazon_token_endpoint": "http://127.0.0.1:1"}, "and at SYNCSTATE_AMAZON_TOKEN_ENDPOINT"),
        ({"amazon_seller": None}, "set SYNCSTATE_AMAZON_SELLER"),
        ({"amazon_marketplace": None}, "set SYNCSTATE_AMAZON_MARKETPLACE"),
    ],
)
def test_each_way_to_be_wrong_names_its_setting(
    house: House, amazon: Simulator, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, object], setting: str
) -> None:
    monkeypatch.setattr("syncstate.connecting.pace.TRIES", 1)
    with pytest.raises(Failure, match=setting) as failed:
        connect_amazon(seller_settings(amazon, **wrong), Wishes(yes=True), house.reach)
    assert "secret.simulated" not in str(failed.value)
    assert "Atzr|simulated" not in str(failed.value)
    assert house.events() == 0


def test_a_seller_of_thousands_is_paced_by_what_was_granted() -> None:
    """Past the burst, so many requests a second as the setting says."""
    from channels.limits import Rate
    from syncstate.connecting.pace import Pace

    now, slept = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(Rate(0.5, 5), lambda: now[0], sleep)
    for _ in range(9):
        pace.ask(lambda: None)
    assert slept == [2.0] * 4
    now[0] += timedelta(minutes=1).total_seconds()
    for _ in range(5):
        pace.ask(lambda: None)
    assert len(slept) == 4, "a pause fills the burst again"


def test_a_small_amazon_of_another_seller_is_another_account(house: House) -> None:
    with simulated_amazon(SimulatedAmazon(seller_id="A2OTHER")) as other:
        other.amazon.put_listing("A", quantity=1)
        assert connect(house, other).who == f"seller A2OTHER, marketplace {other.marketplace}"
