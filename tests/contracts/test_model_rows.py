"""The listing of a tenant's rows."""

from functools import partial

import pytest

from processor.models import Page
from processor.store import Store
from tests.contracts.commits import take, told, walk
from tests.factories import NASTY_KEYS, a_commit, a_document, a_model, a_row, a_stream
from tests.stores import Eventually


def listed(store: Store, tenant: str = "acme", category: str = "sku") -> list[str]:
    return [row.id for row in store.models.rows(a_model(), tenant, category).items]


def put(store: Store, *keys: str, tenant: str = "acme", category: str = "sku") -> None:
    take(store, *(a_commit(a_stream(tenant, category, key), a_row(key.encode())) for key in keys))


def test_without_rows_the_listing_is_an_empty_page(store: Store) -> None:
    assert store.models.rows(a_model(), "acme", "sku") == Page((), None)


def test_rows_come_in_order_of_their_keys_with_their_state(store: Store, eventually: Eventually) -> None:
    put(store, *NASTY_KEYS)

    rows = sorted((key, key.encode()) for key in NASTY_KEYS)
    eventually(lambda: told(store.models.rows(a_model(), "acme", "sku", limit=1000).items), rows)


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 100])
def test_pages_follow_each_other_without_gap_or_repeat_and_the_last_says_so(
    store: Store, eventually: Eventually, limit: int
) -> None:
    keys = ["A", "A/1", "a", "a#b", "\u00e9", "\U0001f600"]
    put(store, *keys[::-1])

    def pages() -> list[list[str]]:
        return walk(lambda after: store.models.rows(a_model(), "acme", "sku", after, limit))

    eventually(pages, [keys[start : start + limit] for start in range(0, 6, limit)])


def test_paging_goes_on_among_rows_that_came_since(store: Store, eventually: Eventually) -> None:
    put(store, "a", "b", "c", "d")
    eventually(partial(listed, store), ["a", "b", "c", "d"])
    after = store.models.rows(a_model(), "acme", "sku", limit=2).after

    put(store, "aa", "bb")

    eventually(partial(listed, store), ["a", "aa", "b", "bb", "c", "d"])
    assert [row.id for row in store.models.rows(a_model(), "acme", "sku", after).items] == ["bb", "c", "d"]


def test_a_long_listing_pages_to_its_end(store: Store, eventually: Eventually) -> None:
    keys = [f"k{n:03}" for n in range(230)]
    put(store, *keys)

    eventually(
        lambda: walk(lambda after: store.models.rows(a_model(), "acme", "sku", after)),
        [keys[:100], keys[100:200], keys[200:]],
    )


def test_rows_of_other_tenants_categories_and_models_and_documents_are_left_out(
    store: Store, eventually: Eventually
) -> None:
    put(store, "mine")
    put(store, "theirs", tenant="acm")
    put(store, "theirs too", tenant="acme-b")
    put(store, "another's", category="skus")
    put(store, "another's still", category="order")
    take(store, a_commit(a_stream(key="other"), a_row(), model=a_model("inventory", 11)))
    take(store, a_commit(a_stream(key="mine"), a_row(b"now", revision=1), a_document("document")))

    eventually(lambda: told(store.models.rows(a_model(), "acme", "sku").items), [("mine", b"now")])
    assert listed(store, "acme-b") == ["theirs too"]
    assert listed(store, category="skus") == ["another's"]


def test_a_dropped_model_lists_no_rows(store: Store, eventually: Eventually) -> None:
    put(store, "a", "b")
    eventually(partial(listed, store), ["a", "b"])

    store.models.drop(a_model())

    eventually(partial(listed, store), [])
