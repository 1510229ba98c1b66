"""The log's catalogue of streams, by tenant and by shard."""

from functools import partial

import pytest

from processor.store import Store
from processor.streams import SHARDS, StreamId
from tests.factories import a_stream, an_append, events
from tests.stores import Eventually


def append_to(store: Store, *streams: StreamId) -> None:
    store.log.append([an_append(stream, *events(2)) for stream in streams])


def catalogue(store: Store, tenant: str | None = None, shard: int = 0, shards: int = 1) -> list[StreamId]:
    return sorted(store.log.streams(tenant, shard, shards))


def test_an_empty_log_has_an_empty_catalogue(store: Store) -> None:
    assert catalogue(store) == []


def test_the_catalogue_names_each_stream_once_however_often_it_was_written(
    store: Store, eventually: Eventually
) -> None:
    streams = [a_stream(), a_stream(category="order"), a_stream(tenant="other")]
    for _ in range(3):
        append_to(store, *streams)

    eventually(partial(catalogue, store), sorted(streams))


def test_a_stream_whose_appends_were_all_refused_is_not_in_the_catalogue(store: Store, eventually: Eventually) -> None:
    real, refused = a_stream(), a_stream()
    store.log.append([an_append(refused, expected=1), an_append(real)])

    eventually(partial(catalogue, store), [real])


def test_the_catalogue_of_a_tenant_names_no_other_s_streams(store: Store, eventually: Eventually) -> None:
    streams = {tenant: a_stream(tenant=tenant) for tenant in ("a", "a-b", "ab", "b")}
    append_to(store, *streams.values(), a_stream(tenant="c", key="a/sku/k"))

    for tenant, stream in streams.items():
        eventually(partial(catalogue, store, tenant), [stream])
    assert catalogue(store, "nobody") == []


@pytest.mark.parametrize("shards", [1, 2, 3, SHARDS])
def test_shards_part_the_catalogue_by_the_stream_s_own_shard(store: Store, eventually: Eventually, shards: int) -> None:
    streams = [a_stream(tenant=tenant) for tenant in ("a", "b") for _ in range(60)]
    append_to(store, *streams)

    for shard in range(shards):
        wanted = sorted(stream for stream in streams if stream.shard % shards == shard)
        eventually(partial(catalogue, store, None, shard, shards), wanted)


def test_a_tenant_s_catalogue_is_sharded_alike(store: Store, eventually: Eventually) -> None:
    ours, theirs = [a_stream(tenant="a") for _ in range(40)], [a_stream(tenant="b") for _ in range(40)]
    append_to(store, *ours, *theirs)

    for shard in range(3):
        wanted = sorted(stream for stream in ours if stream.shard % 3 == shard)
        eventually(partial(catalogue, store, "a", shard, 3), wanted)
