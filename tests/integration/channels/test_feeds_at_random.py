"""Feeds while everything fails now and then: what the client says of a step is never wrong."""

from datetime import timedelta
from random import Random

import httpx
import msgspec
import pytest

from channels.amazon.client import AmazonClient
from channels.amazon.feeds.documents import FeedDocument, FeedLine, documents
from channels.amazon.feeds.reports import Outcome
from channels.errors import ChannelError, Unreachable
from channels.simulators.amazon import Fault, SimulatedAmazon, Simulator, simulated_amazon
from processor.clock import Instant
from tests.integration.channels.conftest import UNLIMITED, UNLIMITED_OTHERS
from tests.integration.channels.shop import Shop
from tests.unit.channels.ticking import Ticking

NAMES = [f"SKU-{number}" for number in range(12)]
UNCLEAR = ("drop", "status", "garbled")
"""After these the change may have been made."""

KINDS = (*UNCLEAR, "throttle", "unauthorised")
TRIES = 200


class Intent(msgspec.Struct):
    """What somebody who submits a feed keeps before each step, so that a crash after it loses nothing."""

    since: Instant
    document: FeedDocument
    feed: str | None = None


class Submitter:
    """Submits quantities by feeds until every listing shows its own, and forgets all but its intents in a crash."""

    def __init__(self, client: AmazonClient, amazon: SimulatedAmazon, random: Random) -> None:
        self.client, self.amazon, self.random = client, amazon, random
        self.certain = self.created = self.in_doubt = 0
        self.wrong = 0
        """How often an error said something of a change that was not so."""

    def submit(self, wanted: dict[str, int]) -> None:
        """Do it once: make a feed, see it end, and believe its report."""
        lines = [FeedLine(name, quantity, "SHIRT") for name, quantity in wanted.items()]
        (document,) = documents(self.amazon.seller_id, lines)
        intent = Intent(self.amazon.time.now(), document)
        self._create(intent)
        feeds = [intent.feed] if intent.feed is not None else self._found(intent)
        self.amazon.advance(timedelta(minutes=90))
        for feed in feeds:
            self._believe(feed, document)

    def _create(self, intent: Intent) -> None:
        for _ in range(TRIES):
            try:
                place = self.client.feeds.place()
                self.client.feeds.upload(place, intent.document.content)
            except ChannelError as error:
                self.wrong += isinstance(error, Unreachable) and error.sent
                continue
            before = len(self.amazon.feeds.all())
            try:
                intent.feed = self.client.feeds.create(place.document).feed
            except ChannelError as error:
                if isinstance(error, Unreachable) and error.sent:
                    self.in_doubt += 1
                    return
                self.wrong += len(self.amazon.feeds.all()) != before
                continue
            self.created += 1
            if self.random.random() < 0.3:
                intent.feed = None  # the process dies before it has noted the answer
            return
        raise AssertionError("it never got through")

    def _found(self, intent: Intent) -> list[str]:
        for _ in range(TRIES):
            try:
                return [feed.feed for feed in self.client.feeds.since(intent.since).feeds]
            except ChannelError:
                continue
        raise AssertionError("it never got through")

    def _believe(self, feed: str, document: FeedDocument) -> None:
        outcomes = self._outcomes(feed, len(document.lines))
        for line, outcome in zip(document.lines, outcomes, strict=True):
            shown = self.amazon.quantity(line.listing)
            self.certain += outcome.verdict != "unknown"
            if outcome.verdict == "accepted":
                assert shown == line.quantity
            elif outcome.verdict == "invalid":
                assert shown != line.quantity

    def _outcomes(self, feed: str, messages: int) -> tuple[Outcome, ...]:
        for _ in range(TRIES):
            try:
                found = self.client.feeds.feed(feed)
                assert found.status.over
                return self.client.feeds.report(found).outcomes(messages)
            except ChannelError:
                continue
        raise AssertionError("it never got through")


def troubled(sim: Simulator, random: Random) -> None:
    for kind in KINDS:
        for applied in {False, kind in UNCLEAR}:
            fault = {"kind": kind, "applied": applied, "probability": random.uniform(0.01, 0.08), "times": None}
            sim.amazon.faults.add(Fault.model_validate(fault))
    sim.amazon.faults.add(Fault(kind="invalid", operation="message", probability=0.1, times=None))
    sim.amazon.faults.add(Fault(kind="fatal", operation="message", probability=0.02, times=None))


@pytest.mark.parametrize("seed", range(12))
def test_what_is_said_of_a_feed_is_never_wrong(http: httpx.Client, seed: int) -> None:
    random, time = Random(seed), Ticking()
    amazon = SimulatedAmazon(
        seed=seed, clock=time.clock, monotonic=time.monotonic, rates=UNLIMITED, other_rates=UNLIMITED_OTHERS
    )
    with simulated_amazon(amazon) as sim:
        for name in NAMES:
            amazon.put_listing(name, quantity=99)
        troubled(sim, random)
        submitter = Submitter(Shop(sim, http).client(), amazon, random)
        wanted = {name: random.randrange(50) for name in NAMES}
        for _ in range(30):
            missing = {name: wanted[name] for name in NAMES if amazon.quantity(name) != wanted[name]}
            if not missing:
                break
            submitter.submit(missing)
        assert {name: amazon.quantity(name) for name in NAMES} == wanted
        made = len(amazon.feeds.all())
        assert submitter.created <= made <= submitter.created + submitter.in_doubt
        assert (submitter.wrong, bool(submitter.certain)) == (0, True)
