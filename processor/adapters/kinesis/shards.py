"""Which shards of a stream are to be read: parents to their end, before their children. Pure."""

from collections.abc import Container, Sequence

import msgspec


class Shard(msgspec.Struct, frozen=True):
    """A shard and those it came from: none at first, one after a split, two after a merge."""

    id: str
    parents: tuple[str, ...] = ()


def ready(shards: Sequence[Shard], ended: Container[str]) -> list[Shard]:
    """Return the shards that may be read now: not `ended`, and no listed parent is still to be read.

    A parent that is not listed any more has outlived its retention: nothing is left to be read of it.
    """
    listed = {shard.id for shard in shards}
    unread = {shard.id for shard in shards if shard.id not in ended}
    return [
        shard
        for shard in shards
        if shard.id in unread and not any(parent in unread for parent in shard.parents if parent in listed)
    ]
