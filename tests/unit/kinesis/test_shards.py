"""Which shards may be read."""

from hypothesis import given
from hypothesis import strategies as st

from processor.adapters.kinesis.shards import Shard, ready

SPLIT = [Shard("0"), Shard("1", ("0",)), Shard("2", ("0",)), Shard("3", ("1", "2"))]


def names(shards: list[Shard]) -> list[str]:
    return [shard.id for shard in shards]


def test_a_child_waits_for_its_parent_and_a_merged_one_for_both() -> None:
    assert names(ready(SPLIT, ())) == ["0"]
    assert names(ready(SPLIT, {"0"})) == ["1", "2"]
    assert names(ready(SPLIT, {"0", "1"})) == ["2"]
    assert names(ready(SPLIT, {"0", "1", "2"})) == ["3"]
    assert names(ready(SPLIT, {"0", "1", "2", "3"})) == []


def test_a_parent_that_is_not_listed_any_more_holds_up_nobody() -> None:
    assert names(ready(SPLIT[1:], ())) == ["1", "2"]


@st.composite
def lineages(draw: st.DrawFn) -> list[Shard]:
    shards: list[Shard] = []
    for number in range(draw(st.integers(1, 12))):
        earlier = [shard.id for shard in shards]
        parents = draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True)) if earlier else []
        shards.append(Shard(str(number), tuple(parents)))
    return draw(st.permutations(shards))


@given(lineages())
def test_whatever_the_lineage_all_are_read_and_no_child_before_its_parents(shards: list[Shard]) -> None:
    ended: set[str] = set()
    while readable := ready(shards, ended):
        assert all(parent in ended for shard in readable for parent in shard.parents)
        ended |= {shard.id for shard in readable}
    assert ended == {shard.id for shard in shards}
