"""What the sweeper asks: which streams a model has yet to fold, and which pairs are stopped."""

from functools import partial

import pytest

from processor.models import Held, Model
from processor.store import Store
from processor.streams import SHARDS, StreamId
from tests.contracts.commits import take
from tests.factories import NASTY_KEYS, a_commit, a_held_mark, a_model, a_row, a_stream, an_append, events
from tests.stores import Eventually

OWN = {"sku": "sku"}
FEEDS = {"sku": "sku", "channel": "sku"}


def append(store: Store, *streams: StreamId, number: int = 1) -> None:
    store.log.append([an_append(stream, *events(number)) for stream in streams])


def fold(store: Store, *streams: StreamId, to: int = 1, revision: int = 0, model: Model | None = None) -> None:
    """Commit rows that stand at version `to` of their own streams."""
    take(store, *(a_commit(s, a_row(positions={s: to}, revision=revision), model=model) for s in streams))


def lagging(
    store: Store, feeds: dict[str, str] = OWN, shard: int = 0, shards: int = 1, model: Model | None = None
) -> list[StreamId]:
    return sorted(store.models.lagging(model or a_model(), feeds, shard, shards))


def held(store: Store, tenant: str | None = None) -> list[tuple[StreamId, StreamId, Held]]:
    return sorted(store.models.held(a_model(), tenant))


def test_nothing_lags_behind_an_empty_log(store: Store) -> None:
    assert lagging(store) == []
    assert held(store) == []


def test_a_stream_lags_from_its_append_until_its_row_is_at_the_head(store: Store, eventually: Eventually) -> None:
    stream, done = a_stream(), a_stream()
    append(store, stream, done, number=3)
    fold(store, done, to=3)
    eventually(partial(lagging, store), [stream])

    fold(store, stream, to=2)
    eventually(partial(lagging, store), [stream])

    fold(store, stream, to=3, revision=1)
    eventually(partial(lagging, store), [])

    append(store, done)
    eventually(partial(lagging, store), [done])


def test_each_model_lags_on_its_own(store: Store, eventually: Eventually) -> None:
    stream = a_stream()
    append(store, stream)
    fold(store, stream, model=a_model("inventory", 1))

    for model, wanted in [
        (a_model("inventory", 1), []),
        (a_model("inventory", 11), [stream]),
        (a_model("alerts", 1), [stream]),
    ]:
        eventually(partial(lagging, store, model=model), wanted)


def test_streams_of_categories_that_feed_nothing_never_lag(store: Store, eventually: Eventually) -> None:
    sku = a_stream()
    append(store, sku, a_stream(category="order"), a_stream(category="skus"), a_stream(category="channel"))

    eventually(partial(lagging, store), [sku])
    assert lagging(store, {}) == []


def test_a_stream_that_feeds_another_s_row_lags_by_its_own_position_there(store: Store, eventually: Eventually) -> None:
    sku, amazon, shopify = (
        a_stream(key="T:1"),
        a_stream(category="channel", key="amazon:T:1"),
        a_stream(category="channel", key="shopify:T:1"),
    )
    append(store, sku, amazon, shopify, number=2)
    eventually(partial(lagging, store, FEEDS), sorted([sku, amazon, shopify]))

    take(store, a_commit(sku, a_row(positions={sku: 2, amazon: 1})))
    eventually(partial(lagging, store, FEEDS), sorted([amazon, shopify]))

    take(store, a_commit(sku, a_row(positions={sku: 2, amazon: 2, shopify: 2}, revision=1)))
    eventually(partial(lagging, store, FEEDS), [])


def test_a_stream_may_feed_a_row_whose_own_stream_is_empty(store: Store, eventually: Eventually) -> None:
    amazon = a_stream(category="channel", key="amazon:T")
    append(store, amazon)
    eventually(partial(lagging, store, {"channel": "sku"}), [amazon])

    take(store, a_commit(a_stream(key="T"), a_row(positions={amazon: 1})))
    eventually(partial(lagging, store, {"channel": "sku"}), [])


def test_a_held_pair_is_left_out_until_its_mark_is_lifted(store: Store, eventually: Eventually) -> None:
    sku, channel = a_stream(key="T"), a_stream(category="channel", key="amazon:T")
    append(store, sku, channel, number=2)
    take(store, a_commit(sku, a_row(positions={sku: 1}, held={sku: a_held_mark(2)})))
    eventually(partial(lagging, store, FEEDS), [channel])

    take(store, a_commit(sku, a_row(positions={sku: 1, channel: 2}, revision=1, held={sku: a_held_mark(2)})))
    eventually(partial(lagging, store, FEEDS), [])

    take(store, a_commit(sku, a_row(positions={sku: 1, channel: 2}, revision=2)))
    eventually(partial(lagging, store, FEEDS), [sku])


def test_a_pair_held_before_its_first_event_is_left_out(store: Store, eventually: Eventually) -> None:
    stopped, other = a_stream(), a_stream()
    append(store, stopped, other)
    take(store, a_commit(stopped, a_row(held={stopped: a_held_mark(1)})))

    eventually(partial(lagging, store), [other])


@pytest.mark.parametrize("shards", [1, 2, 3, SHARDS])
def test_shards_part_the_lagging_by_the_stream_s_own_shard(store: Store, eventually: Eventually, shards: int) -> None:
    streams = [a_stream(tenant=tenant) for tenant in ("a", "b") for _ in range(30)]
    streams += [a_stream("a", "channel", f"amazon:{n}") for n in range(30)]
    append(store, *streams)
    fold(store, *streams[:10])

    for shard in range(shards):
        wanted = sorted(stream for stream in streams[10:] if stream.shard % shards == shard)
        eventually(partial(lagging, store, FEEDS, shard, shards), wanted)


def test_every_key_lags_and_is_folded_on_its_own(store: Store, eventually: Eventually) -> None:
    streams = [a_stream(key=key) for key in NASTY_KEYS]
    append(store, *streams)
    fold(store, *streams[::2])

    eventually(partial(lagging, store), sorted(streams[1::2]))


def test_hundreds_of_streams_may_lag(store: Store, eventually: Eventually) -> None:
    streams = [a_stream() for _ in range(260)]
    append(store, *streams)
    fold(store, *streams[:130])

    eventually(partial(lagging, store), sorted(streams[130:]))


def test_held_pairs_are_listed_with_row_stream_and_mark_while_they_are_held(
    store: Store, eventually: Eventually
) -> None:
    sku, channel, other = a_stream("a", key="T"), a_stream("a", "channel", "amazon:T"), a_stream("b", key="\u00e9/#")
    marks = {sku: a_held_mark(3, "KeyError: 'x'"), channel: a_held_mark(1), other: a_held_mark(2**40, "\n\"é' 👍🏽")}
    take(
        store,
        a_commit(sku, a_row(held={sku: marks[sku], channel: marks[channel]})),
        a_commit(other, a_row(held={other: marks[other]})),
        a_commit(a_stream("a"), a_row()),
        a_commit(a_stream("a", key="T"), a_row(held={sku: a_held_mark(9)}), model=a_model("inventory", 11)),
    )

    ours = sorted([(sku, sku, marks[sku]), (sku, channel, marks[channel])])
    eventually(partial(held, store), sorted([*ours, (other, other, marks[other])]))
    eventually(partial(held, store, "a"), ours)
    eventually(partial(held, store, "b"), [(other, other, marks[other])])
    assert held(store, "nobody") == []

    take(store, a_commit(sku, a_row(revision=1, held={channel: marks[channel]})))
    eventually(partial(held, store, "a"), [(sku, channel, marks[channel])])

    take(store, a_commit(sku, a_row(revision=2)))
    eventually(partial(held, store), [(other, other, marks[other])])


def test_a_dropped_model_holds_nothing_and_lags_behind_everything(store: Store, eventually: Eventually) -> None:
    stream, stopped = a_stream(), a_stream()
    append(store, stream, stopped)
    fold(store, stream)
    take(store, a_commit(stopped, a_row(held={stopped: a_held_mark(1)})))
    eventually(partial(lagging, store), [])

    store.models.drop(a_model())

    eventually(partial(held, store), [])
    eventually(partial(lagging, store), sorted([stream, stopped]))
