"""Whom not to ask for a while."""

from datetime import timedelta

import pytest

from channels.patience import DOWN_AFTER, LONGEST_UNAUTHORISED, LONGEST_UNREACHED, RECONSIDER, UNREACHED, Patience
from processor.clock import later
from stock.identities import sku
from tests.unit.channels.ticking import Ticking

A, B, C = sku("A"), sku("B"), sku("C")


@pytest.fixture
def time() -> Ticking:
    return Ticking()


@pytest.fixture
def patience(time: Ticking) -> Patience:
    return Patience(time.clock)


def test_a_sku_waits_until_its_moment(patience: Patience, time: Ticking) -> None:
    patience.wait(A, later(time.clock(), timedelta(seconds=5)))
    assert patience.waiting() == {A}
    time.pass_(timedelta(seconds=5))
    assert patience.waiting() == set()


def test_no_sku_waits_long_without_being_looked_at(patience: Patience, time: Ticking) -> None:
    patience.wait(A, later(time.clock(), timedelta(hours=1)))
    time.pass_(RECONSIDER)
    assert patience.waiting() == set()


def test_a_sku_that_moved_waits_no_longer(patience: Patience, time: Ticking) -> None:
    patience.wait(A, later(time.clock(), timedelta(seconds=5)))
    patience.reconsider(A)
    assert patience.waiting() == set()


def test_one_silent_listing_does_not_stop_the_seller(patience: Patience) -> None:
    patience.unreached(A)
    assert patience.waiting() == {A}
    assert not patience.pause


def test_a_channel_that_answers_nobody_is_left_alone_for_longer_and_longer(patience: Patience) -> None:
    for one in (A, B, C)[: DOWN_AFTER - 1]:
        patience.unreached(one)
    assert not patience.pause
    patience.unreached(C)
    assert patience.pause == UNREACHED
    patience.unreached(C)
    assert patience.pause == 2 * UNREACHED
    for _ in range(20):
        patience.unreached(C)
    assert patience.pause == LONGEST_UNREACHED


def test_an_answer_forgets_the_silence(patience: Patience, time: Ticking) -> None:
    for one in (A, B, C):
        patience.unreached(one)
    time.pass_(timedelta(minutes=2))
    patience.answered(A)
    patience.unreached(A)
    assert not patience.pause
    time.pass_(UNREACHED)
    assert A not in patience.waiting()


def test_refused_credentials_stop_the_seller_for_longer_and_longer(patience: Patience) -> None:
    patience.unauthorised()
    assert patience.pause == timedelta(minutes=1)
    for _ in range(20):
        patience.unauthorised()
    assert patience.pause == LONGEST_UNAUTHORISED


def test_the_pause_ends(patience: Patience, time: Ticking) -> None:
    patience.unauthorised()
    time.pass_(timedelta(minutes=1))
    assert not patience.pause
