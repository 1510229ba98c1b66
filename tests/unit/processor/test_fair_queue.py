"""P10 in the small: tenants take turns, whatever the others have waiting."""

from collections import defaultdict
from threading import Thread
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.fairness import FairQueue

LIMIT = 6


class Item(NamedTuple):
    tenant: str
    number: int
    weight: int = 1


_tenants = st.sampled_from(["ann", "bob", "cat", "dan"])
_puts = st.lists(st.tuples(_tenants, st.integers(1, 4)), max_size=40)
_stories = st.lists(st.one_of(st.tuples(_tenants, st.integers(1, 4)), st.none()), max_size=60)
"""Puts of a tenant's item of some weight; None takes a batch."""


def a_queue() -> FairQueue[Item]:
    return FairQueue(lambda item: item.weight)


def filled(puts: list[tuple[str, int]]) -> FairQueue[Item]:
    queue = a_queue()
    for number, (tenant, weight) in enumerate(puts):
        queue.put(tenant, Item(tenant, number, weight))
    return queue


@given(_stories)
def test_every_item_is_taken_once_each_tenant_s_in_his_order(story: list[tuple[str, int] | None]) -> None:
    queue, taken, put = a_queue(), list[Item](), list[Item]()
    for step in story:
        if step is None:
            taken += queue.take(LIMIT, timeout=0)
        else:
            put.append(Item(step[0], len(put), step[1]))
            queue.put(step[0], put[-1])
        assert len(queue) == len(put) - len(taken)
    while batch := queue.take(LIMIT, timeout=0):
        taken += batch
    assert sorted(taken, key=lambda item: item.number) == put
    for tenant in {item.tenant for item in put}:
        numbers = [item.number for item in taken if item.tenant == tenant]
        assert numbers == sorted(numbers)
        assert queue.backlog(tenant) == 0


@given(_puts)
def test_a_batch_stays_within_its_weight_unless_one_item_alone_is_heavier(puts: list[tuple[str, int]]) -> None:
    queue = filled(puts)
    while batch := queue.take(3, timeout=0):
        assert sum(item.weight for item in batch) <= 3 or len(batch) == 1


@given(_puts)
def test_whoever_waits_gets_a_turn_before_anyone_gets_a_second(puts: list[tuple[str, int]]) -> None:
    queue = filled(puts)
    waiting = {tenant for tenant, _ in puts}
    while batch := queue.take(LIMIT, timeout=0):
        turns: defaultdict[str, int] = defaultdict(int)
        for item in batch:
            turns[item.tenant] += 1
        if max(turns.values()) > 1:
            assert turns.keys() >= waiting
        waiting = {tenant for tenant in waiting if queue.backlog(tenant)}


@given(st.integers(1, 3000), st.integers(0, 20), st.integers(2, 50))
def test_a_backlog_of_thousands_delays_another_tenant_s_item_by_one_batch_at_most(
    backlog: int, taken_before: int, limit: int
) -> None:
    queue = a_queue()
    for number in range(backlog):
        queue.put("ann", Item("ann", number))
    for _ in range(taken_before):
        queue.take(limit, timeout=0)
    single = Item("bob", 0)
    queue.put("bob", single)
    assert single in queue.take(limit, timeout=0)


def test_heavy_items_of_others_do_not_push_a_tenant_back_for_ever() -> None:
    queue = a_queue()
    for number in range(10):
        queue.put("ann", Item("ann", number, LIMIT))
    single = Item("bob", 0, 2)
    queue.put("bob", single)
    assert single in [*queue.take(LIMIT, timeout=0), *queue.take(LIMIT, timeout=0)]


def test_what_waits_can_be_taken_after_the_queue_was_closed_and_nothing_can_be_put() -> None:
    queue = filled([("ann", 1), ("bob", 1)])
    queue.close()
    assert queue.closed
    with pytest.raises(RuntimeError):
        queue.put("ann", Item("ann", 9))
    assert len(queue.take(LIMIT)) == 2
    assert queue.take(LIMIT) == []


def test_an_empty_queue_answers_when_the_time_is_up() -> None:
    assert a_queue().take(LIMIT, timeout=0.001) == []


@pytest.mark.parametrize("closing", [False, True])
def test_a_taker_who_waits_is_woken_by_the_next_item_or_by_the_end(closing: bool) -> None:  # noqa: FBT001 - a case
    queue, taken = a_queue(), list[list[Item]]()
    taker = Thread(target=lambda: taken.append(queue.take(LIMIT, timeout=20)))
    taker.start()
    if closing:
        queue.close()
    else:
        queue.put("ann", Item("ann", 1))
    taker.join(10)
    assert taken == [[] if closing else [Item("ann", 1)]]
