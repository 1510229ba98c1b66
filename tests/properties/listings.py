"""What readers see of a model through its indexes, against what the fold of the log says they must see."""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from processor.models import Keys, Model, Page
from processor.projection import Projection
from processor.store import Store
from tests.properties.oracle import Oracle
from tests.properties.strategies import TENANTS
from tests.stores import Eventually

Place = tuple[str, int, str]
"""A tenant, an index, a partition of it."""

_PAGE = 7


def check_listings(
    store: Store, oracle: Oracle, model: Model, projection: Projection[Any], eventually: Eventually
) -> None:
    """Every index of a model at the head lists what it must, in order, to its own tenant alone (P5, P10)."""
    expected = _expected(oracle, projection)
    for (tenant, index, partition), listed in expected.items():
        probe = partial(store.models.query, model, tenant, index, partition, limit=_PAGE)
        eventually(partial(_ids, probe), [id_ for _, id_ in sorted(listed)])
        eventually(partial(_ids, probe, newest_first=True), [id_ for _, id_ in sorted(listed)][::-1])
        for other in TENANTS:
            if (other, index, partition) not in expected:
                assert _ids(partial(store.models.query, model, other, index, partition, limit=_PAGE)) == []
    for tenant in TENANTS:
        for category in set(projection.feeds.values()):
            rows = [key.key for key in oracle.rows(projection) if key[:2] == (tenant, category)]
            probe = partial(store.models.rows, model, tenant, category, limit=_PAGE)
            eventually(partial(_ids, probe), sorted(rows))


def _expected(oracle: Oracle, projection: Projection[Any]) -> dict[Place, list[tuple[str, str]]]:
    expected: defaultdict[Place, list[tuple[str, str]]] = defaultdict(list)

    def note(tenant: str, id_: str, keys: Keys) -> None:
        for index, key in enumerate(keys):
            if key is not None:
                expected[tenant, index, key.partition].append((key.sort, id_))

    for key, streams in oracle.rows(projection).items():
        folded = oracle.fold(projection, key, {stream: oracle.head(stream) for stream in streams})
        note(key.tenant, key.key, folded.keys)
        for document in folded.documents.values():
            note(key.tenant, document.id, document.keys)
    return expected


def _ids(ask: Callable[..., Page], **how: bool) -> list[str]:
    ids: list[str] = []
    after: str | None = None
    for _ in range(1000):
        page = ask(after=after, **how)
        ids += [item.id for item in page.items]
        after = page.after
        if after is None:
            return ids
    raise AssertionError("the listing does not end")
