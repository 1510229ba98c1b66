"""The numbers remembered: the last ones used, and not all there ever were."""

from processor.adapters.sql.names import Cache
from tests.factories import a_stream


def test_names_past_the_limit_are_forgotten_the_longest_unused_first() -> None:
    cache, names = Cache(limit=10), [a_stream() for _ in range(100)]

    for number, name in enumerate(names):
        cache.remember({name: number})
        assert cache.recall(names[0]) == 0

    remembered = [name for name in names if cache.recall(name) is not None]
    assert 10 <= len(remembered) <= 22
    assert remembered[0] == names[0]
    assert set(remembered[1:]) <= set(names[-22:])


def test_a_name_never_remembered_has_no_number() -> None:
    assert Cache(limit=1).recall(a_stream()) is None
