"""What the catalogue tells beside its streams: how many there are, and which hold a fact."""

from functools import partial

import pytest

from processor.log import MAX_NAMED
from processor.store import Store
from processor.streams import StreamId
from tests.factories import NASTY_KEYS, a_stream, an_append, an_event, events
from tests.stores import Eventually


def holders(store: Store, tx_id: str, tenant: str = "acme") -> list[StreamId]:
    found = store.log.named(tenant, [tx_id])
    assert len(found) == len(set(found))
    assert {name for _, name in found} <= {tx_id}
    return sorted(stream for stream, _ in found)


def test_a_fact_is_found_without_knowing_its_stream(store: Store) -> None:
    stream, event = a_stream(), an_event(tx="simple:1001:1")
    store.log.append([an_append(stream, *events(2), event), an_append(a_stream(), *events(3))])

    assert holders(store, "simple:1001:1") == [stream]


def test_every_stream_that_holds_the_tx_is_found_and_none_that_only_resembles_it(store: Store) -> None:
    streams = [a_stream(), a_stream(category="order"), a_stream()]
    store.log.append([an_append(stream, an_event(tx="o-1")) for stream in streams])
    store.log.append([an_append(a_stream(), an_event(tx=tx)) for tx in ("o-11", "O-1", "o-1 ", "o-", "%", "o_1")])

    assert holders(store, "o-1") == sorted(streams)
    assert holders(store, "o-2") == []


def test_a_tenant_s_look_finds_no_other_s_streams(store: Store) -> None:
    streams = {tenant: a_stream(tenant=tenant, key="K") for tenant in ("a", "a-b", "ab", "b")}
    store.log.append([an_append(stream, an_event(tx="same")) for stream in streams.values()])

    for tenant, stream in streams.items():
        assert holders(store, "same", tenant) == [stream]
    assert holders(store, "same", "nobody") == []


def test_a_stream_whose_append_was_refused_holds_nothing(store: Store) -> None:
    real, refused, event = a_stream(), a_stream(), an_event(tx="o-1")
    store.log.append([an_append(refused, event, expected=1), an_append(real, event)])

    assert holders(store, "o-1") == [real]


@pytest.mark.parametrize("tx", ["🧥/красный#L", "a#b/c%20'\"\\", "👍" * 50, "x" * 200])
def test_any_tx_is_looked_for_in_streams_of_any_key(store: Store, tx: str) -> None:
    streams = [a_stream(key=key) for key in NASTY_KEYS]
    store.log.append([an_append(stream, an_event(tx=tx)) for stream in streams])

    assert holders(store, tx) == sorted(streams)


def test_what_is_found_can_be_read(store: Store) -> None:
    stream, event = a_stream(), an_event(tx="o-1")
    store.log.append([an_append(stream, event)])

    assert [*store.log.find(store.log.named("acme", ["o-1"])).values()] == [*store.log.read(stream)]


def test_facts_of_several_txs_are_found_in_one_look(store: Store) -> None:
    one, other, alone = (a_stream() for _ in range(3))
    store.log.append([an_append(one, an_event(tx="a"), an_event(tx="b")), an_append(other, an_event(tx="b"))])
    store.log.append([an_append(alone, an_event(tx="c"))])

    assert sorted(store.log.named("acme", ["b", "nothing", "a"])) == sorted([(one, "a"), (one, "b"), (other, "b")])
    assert store.log.named("acme", []) == []


def test_no_more_facts_are_named_than_the_port_allows(store: Store) -> None:
    streams = [a_stream() for _ in range(MAX_NAMED // 2 + 1)]
    for part in range(0, len(streams), 250):
        store.log.append([an_append(s, an_event(tx="a"), an_event(tx="b")) for s in streams[part : part + 250]])

    assert len(set(store.log.named("acme", ["a", "b"]))) == MAX_NAMED


def test_the_count_is_of_a_tenant_s_streams_of_a_category(store: Store, eventually: Eventually) -> None:
    ours = [a_stream(tenant="a", key=key) for key in NASTY_KEYS]
    others = [a_stream(tenant="a", category="skus"), a_stream(tenant="a", category="order"), a_stream(tenant="a-b")]
    for _ in range(2):
        store.log.append([an_append(stream) for stream in (*ours, *others)])
    store.log.append([an_append(a_stream(tenant="a"), expected=1)])

    eventually(partial(store.log.count, "a", "sku"), len(NASTY_KEYS))
    eventually(partial(store.log.count, "a", "order"), 1)
    assert store.log.count("nobody", "sku") == 0
