"""Index queries: what stands where, in which order, a page at a time."""

from functools import partial

import pytest

from processor.models import Document, IndexKey, Page, before
from processor.store import Store
from tests.contracts.commits import take, told, walk
from tests.factories import a_commit, a_document, a_model, a_row, a_stream
from tests.stores import Eventually

ALERTS = a_model("alerts")

SORTS = ("", " ", "!", "#", "0", "1", "10", "2", "A", "Z", "_", "a", "a!", "aa", "b", "\u00e9", "\ufffd", "\U0001f600")
"""In order of code points, which is the order of their UTF-8 and not that of UTF-16 or of any language."""


def put(store: Store, *documents: Document, tenant: str = "acme") -> None:
    """Commit documents beside rows of their own."""
    for start in range(0, len(documents), 80):
        take(store, a_commit(a_stream(tenant), a_row(), *documents[start : start + 80], model=ALERTS))


def page(
    store: Store,
    partition: str = "p",
    *,
    index: int = 0,
    tenant: str = "acme",
    after: str | None = None,
    limit: int = 100,
    newest_first: bool = False,
) -> Page:
    return store.models.query(ALERTS, tenant, index, partition, after=after, limit=limit, newest_first=newest_first)


def ids(store: Store, partition: str = "p", *, index: int = 0, tenant: str = "acme") -> list[str]:
    return [document.id for document in page(store, partition, index=index, tenant=tenant).items]


def pages(store: Store, limit: int, *, newest_first: bool = False) -> list[list[str]]:
    return walk(lambda after: page(store, after=after, limit=limit, newest_first=newest_first))


def test_an_empty_index_is_an_empty_page(store: Store) -> None:
    assert page(store) == Page((), None)


def test_documents_come_in_order_of_their_sort(store: Store, eventually: Eventually) -> None:
    put(store, *(a_document(f"d{n:02}", sort.encode(), IndexKey("p", sort)) for n, sort in enumerate(SORTS[::-1])))

    eventually(lambda: [document.body.decode() for document in page(store).items], list(SORTS))
    assert [document.body.decode() for document in page(store, newest_first=True).items] == list(SORTS[::-1])


def test_documents_of_one_sort_come_in_order_of_their_id(store: Store, eventually: Eventually) -> None:
    names = [sort for sort in SORTS if sort]
    put(store, *(a_document(name, b"{}", IndexKey("p", "s")) for name in names[::-1]))

    eventually(partial(ids, store), names)
    assert [document.id for document in page(store, newest_first=True).items] == names[::-1]


def test_the_sort_goes_before_the_id_even_where_one_sort_begins_the_other(store: Store, eventually: Eventually) -> None:
    places = [("z", "a"), ("y", "a "), ("x", "a!"), ("w", "a#z"), ("v", "aa")]
    put(store, *(a_document(id_, b"{}", IndexKey("p", sort)) for id_, sort in places))

    eventually(partial(ids, store), ["z", "y", "x", "w", "v"])


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 6, 7, 100])
def test_pages_follow_each_other_without_gap_or_repeat_and_the_last_says_so(
    store: Store, eventually: Eventually, limit: int, *, newest_first: bool
) -> None:
    order, sorts = ["a", "b", "c", "f", "d", "e"], ["1", "2", "2", "2", "3", "4"]
    put(store, *(a_document(id_, b"{}", IndexKey("p", sort)) for id_, sort in zip(order, sorts, strict=True)))
    wanted = order[::-1] if newest_first else order

    chunks = [wanted[start : start + limit] for start in range(0, len(wanted), limit)]
    eventually(lambda: pages(store, limit, newest_first=newest_first), chunks)


def test_paging_goes_on_though_its_last_document_is_gone_and_others_came(store: Store, eventually: Eventually) -> None:
    key = a_stream()
    documents = [a_document(f"d{n}", b"{}", IndexKey("p", f"{n}")) for n in range(6)]
    take(store, a_commit(key, a_row(), *documents, model=ALERTS))
    eventually(partial(ids, store), [f"d{n}" for n in range(6)])
    after = page(store, limit=3).after

    news = [a_document("early", b"{}", IndexKey("p", "0")), a_document("late", b"{}", IndexKey("p", "4"))]
    take(store, a_commit(key, a_row(revision=1), *news, deletes=("d2", "d5"), model=ALERTS))

    eventually(partial(ids, store), ["d0", "early", "d1", "d3", "d4", "late"])
    assert [document.id for document in page(store, after=after).items] == ["d3", "d4", "late"]


def test_a_long_listing_of_large_documents_pages_to_its_end(store: Store, eventually: Eventually) -> None:
    names = [f"d{n:03}" for n in range(200)]
    put(store, *(a_document(name, b"\xff" * 20_000, IndexKey("p", name)) for name in names))

    eventually(lambda: pages(store, 150), [names[:150], names[150:]])
    assert pages(store, 99, newest_first=True) == [names[:100:-1], names[100:1:-1], names[1::-1]]


def test_a_listing_carries_ids_and_bodies(store: Store, eventually: Eventually) -> None:
    put(store, a_document("d", bytes(range(256)), IndexKey("p", "s")))

    eventually(lambda: told(page(store).items), [("d", bytes(range(256)))])


def test_a_document_moves_when_its_key_changes_and_leaves_when_it_has_none(
    store: Store, eventually: Eventually
) -> None:
    key = a_stream()
    first, second = IndexKey("p", "1"), IndexKey("q", "2")

    def where() -> list[list[str]]:
        return [ids(store, partition, index=index) for index in (0, 1) for partition in ("p", "q")]

    stations: list[tuple[Document, list[list[str]]]] = [
        (a_document("d", b"1", first, second), [["d"], [], [], ["d"]]),
        (a_document("d", b"2", second, first), [[], ["d"], ["d"], []]),
        (a_document("d", b"3", None, first), [[], [], ["d"], []]),
        (a_document("d", b"4", first), [["d"], [], [], []]),
        (a_document("d", b"5"), [[], [], [], []]),
        (a_document("d", b"6", first, second), [["d"], [], [], ["d"]]),
    ]
    for revision, (document, wanted) in enumerate(stations):
        take(store, a_commit(key, a_row(revision=revision), document, model=ALERTS))
        eventually(where, wanted)

    take(store, a_commit(key, a_row(revision=len(stations)), deletes=("d",), model=ALERTS))
    eventually(where, [[], [], [], []])


def test_a_document_that_keeps_its_place_is_listed_once_and_as_it_is_now(store: Store, eventually: Eventually) -> None:
    key, place = a_stream(), IndexKey("p", "s")
    for revision in range(3):
        document = a_document("d", b"%d" % revision, place)
        take(store, a_commit(key, a_row(revision=revision), document, model=ALERTS))

    eventually(lambda: told(page(store).items), [("d", b"2")])


def test_a_refused_commit_moves_nothing(store: Store, eventually: Eventually) -> None:
    key = a_stream()
    take(store, a_commit(key, a_row(), a_document("d", b"{}", IndexKey("p", "s")), model=ALERTS))

    refused = a_commit(key, a_row(), a_document("d", b"{}", IndexKey("q", "s")), model=ALERTS)
    assert store.models.commit([refused]) == [False]

    eventually(lambda: (ids(store, "p"), ids(store, "q")), (["d"], []))


def test_rows_stand_in_indexes_beside_documents(store: Store, eventually: Eventually) -> None:
    one, other = a_stream(key="TSHIRT/\u00e9"), a_stream(key="b", category="order")
    take(
        store,
        a_commit(
            one, a_row(b"row one", keys=(IndexKey("p", "1"),)), a_document("d", b"d", IndexKey("p", "2")), model=ALERTS
        ),
        a_commit(other, a_row(b"row two", keys=(IndexKey("p", "3"), IndexKey("p", "0"))), model=ALERTS),
    )

    eventually(lambda: told(page(store).items), [("TSHIRT/\u00e9", b"row one"), ("d", b"d"), ("b", b"row two")])
    eventually(lambda: told(page(store, index=1).items), [("b", b"row two")])


def test_a_row_moves_in_its_indexes_like_a_document(store: Store, eventually: Eventually) -> None:
    key = a_stream(key="k")
    take(store, a_commit(key, a_row(keys=(IndexKey("p", "1"), IndexKey("p", "1"))), model=ALERTS))
    take(store, a_commit(key, a_row(revision=1, keys=(None, IndexKey("q", "1"))), model=ALERTS))

    where = [(0, "p"), (0, "q"), (1, "p"), (1, "q")]
    eventually(lambda: [ids(store, partition, index=index) for index, partition in where], [[], [], [], ["k"]])


def test_partitions_indexes_tenants_and_models_are_lists_of_their_own(store: Store, eventually: Eventually) -> None:
    partitions = ("", "a", "ab", "A", "a ", "a#", "a#b", "a/b", "a%", "_", "%", "a\\", "'", "1", "01", "\U0001f600")
    homes = [(tenant, index, partition) for tenant in ("acme", "acme-") for index in (0, 3) for partition in partitions]
    for tenant in ("acme", "acme-"):
        documents = [
            a_document(f"{home}", b"{}", *[None] * home[1], IndexKey(home[2], "s"))
            for home in homes
            if home[0] == tenant
        ]
        put(store, *documents, tenant=tenant)
        elsewhere = a_commit(a_stream(tenant), a_row(), a_document("else", b"", IndexKey("a", "s")))
        take(store, elsewhere)

    for home in homes:
        tenant, index, partition = home
        eventually(partial(ids, store, partition, index=index, tenant=tenant), [f"{home}"])
    assert ids(store, "b") == []
    assert ids(store, "a", tenant="acm") == []


def test_rows_of_other_tenants_and_models_stand_in_other_lists(store: Store, eventually: Eventually) -> None:
    row = a_row(keys=(IndexKey("p", "s"),))
    for tenant in ("acme", "acme-", "acm"):
        take(store, a_commit(a_stream(tenant, key=f"of {tenant}"), row, model=ALERTS))
    take(store, a_commit(a_stream(key="of another model"), row, model=a_model("alerts", 11)))

    for tenant in ("acme", "acme-", "acm"):
        eventually(partial(ids, store, tenant=tenant), [f"of {tenant}"])


def test_where_partition_ends_and_sort_begins_is_never_confused(store: Store, eventually: Eventually) -> None:
    for mark in "#/ :%\\'~!":
        put(
            store,
            a_document(f"one{mark}", b"{}", IndexKey("a", f"b{mark}c")),
            a_document(f"two{mark}", b"{}", IndexKey(f"a{mark}b", "c")),
        )
        eventually(partial(ids, store, f"a{mark}b"), [f"two{mark}"])

    assert sorted(ids(store, "a")) == sorted(f"one{mark}" for mark in "#/ :%\\'~!")


def test_a_dropped_model_stands_in_no_index(store: Store, eventually: Eventually) -> None:
    put(store, a_document("d", b"{}", IndexKey("p", "s")))
    take(store, a_commit(a_stream(key="k"), a_row(keys=(IndexKey("p", "t"),)), model=ALERTS))
    eventually(partial(ids, store), ["d", "k"])

    store.models.drop(ALERTS)

    eventually(partial(ids, store), [])


@pytest.mark.parametrize("sort", ["2", "20", "19", "21", "0", "3"])
def test_a_query_can_begin_at_a_sort_whether_or_not_anything_stands_there(
    store: Store, eventually: Eventually, sort: str
) -> None:
    places = ["1", "2", "2", "20", "200", "21"]
    put(store, *(a_document(f"d{n}", b"{}", IndexKey("p", place)) for n, place in enumerate(places)))
    whole = [(place, f"d{n}") for n, place in sorted(enumerate(places), key=lambda placed: (placed[1], placed[0]))]

    def found(*, newest_first: bool) -> list[str]:
        return [item.id for item in page(store, after=before(sort), newest_first=newest_first).items]

    eventually(lambda: found(newest_first=False), [id_ for place, id_ in whole if place >= sort])
    eventually(lambda: found(newest_first=True), [id_ for place, id_ in reversed(whole) if place < sort])
