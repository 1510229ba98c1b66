"""Documents beside a row: they change in its commits, and nowhere else."""

import pytest

from processor.models import MAX_COMMIT_ITEMS, Document, IndexKey
from processor.store import Store
from tests.contracts.commits import get, take
from tests.factories import NASTY_KEYS, a_commit, a_document, a_model, a_row, a_stream

DOCUMENTS = {
    "a body": a_document("d", b'{"a":1}'),
    "no bytes": a_document("d", b""),
    "bytes that are no text": a_document("d", bytes(range(256))),
    "100 kB": a_document("d", b"\x00\xff" * 50_000),
    "a key": a_document("d", b"{}", IndexKey("p", "s")),
    "a key in the last index alone": a_document("d", b"{}", None, None, None, IndexKey("p", "s")),
    "an id of 900 bytes": a_document("\N{GRINNING FACE}" * 225, b"{}", IndexKey("p", "s")),
    "an index key of 1,000 bytes": a_document("d", b"{}", IndexKey("p" * 100, "\N{GRINNING FACE}" * 225)),
    "an index key that is all partition": a_document("d", b"{}", IndexKey("\N{GRINNING FACE}" * 250, "")),
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_every_field_of_a_document_comes_back_as_it_was_put(store: Store, document: Document) -> None:
    key = a_stream()

    take(store, a_commit(key, a_row(), document))

    assert get(store, a_model(), key.tenant, document.id) == document


def test_a_document_is_put_replaced_and_deleted_with_its_row(store: Store) -> None:
    key, model = a_stream(), a_model()
    take(store, a_commit(key, a_row(), a_document("a", b"1"), a_document("b", b"1")))

    take(
        store,
        a_commit(key, a_row(revision=1), a_document("a", b"2", IndexKey("p", "s")), a_document("c"), deletes=("b",)),
    )

    assert store.models.get(model, key.tenant, ["a", "b", "c", "d"]) == {
        "a": a_document("a", b"2", IndexKey("p", "s")),
        "c": a_document("c"),
    }


def test_a_document_deleted_may_come_again(store: Store) -> None:
    key = a_stream()
    take(store, a_commit(key, a_row(), a_document("a", b"1")))
    take(store, a_commit(key, a_row(revision=1), deletes=("a",)))
    take(store, a_commit(key, a_row(revision=2), a_document("a", b"2")))

    assert get(store, a_model(), key.tenant, "a") == a_document("a", b"2")


def test_deleting_a_document_that_is_not_there_is_no_error(store: Store) -> None:
    key = a_stream()

    take(store, a_commit(key, a_row(b"s"), deletes=("never", "was")))

    assert store.models.load(a_model(), [key]) == {key: a_row(b"s", revision=1)}


def test_documents_of_other_rows_stay_as_they_are(store: Store) -> None:
    one, other = a_stream(), a_stream()
    take(store, a_commit(one, a_row(), a_document("one")), a_commit(other, a_row(), a_document("other")))

    take(store, a_commit(one, a_row(revision=1), deletes=("one",)))

    assert store.models.get(a_model(), "acme", ["one", "other"]) == {"other": a_document("other")}


def test_a_document_s_id_is_its_own_in_every_model_and_tenant(store: Store) -> None:
    homes = [
        (model, tenant)
        for model in (a_model("alerts", 1), a_model("alerts", 11), a_model("alerts", 2), a_model("returns", 1))
        for tenant in ("a", "a-b", "b")
    ]
    for model, tenant in homes:
        mine = a_document("d", f"{model} {tenant}".encode())
        take(store, a_commit(a_stream(tenant=tenant, key="k"), a_row(), mine, model=model))
    take(store, a_commit(a_stream(tenant="b", key="k"), a_row(revision=1), deletes=("d",), model=a_model("alerts", 2)))

    found = {home: get(store, *home, "d") for home in homes}

    assert found.pop((a_model("alerts", 2), "b")) is None
    for (model, tenant), document in found.items():
        assert document == a_document("d", f"{model} {tenant}".encode())
    assert store.models.get(a_model("alerts", 3), "a", ["d"]) == {}


def test_a_document_s_id_is_none_of_the_row_s_business(store: Store) -> None:
    key = a_stream(key="k")

    take(store, a_commit(key, a_row(b"row"), a_document("k", b"document"), a_document("acme/sku/k", b"other")))

    assert store.models.load(a_model(), [key])[key].state == b"row"
    assert get(store, a_model(), "acme", "k") == a_document("k", b"document")
    assert get(store, a_model(), "acme", "acme/sku/k") == a_document("acme/sku/k", b"other")


def test_every_id_names_a_document_of_its_own(store: Store) -> None:
    ids = [key for key in NASTY_KEYS if len(key.encode()) <= 900]
    for start in range(0, len(ids), 80):
        part = ids[start : start + 80]
        take(store, a_commit(a_stream(), a_row(), *(a_document(id_, id_.encode()) for id_ in part)))

    found = store.models.get(a_model(), "acme", ids)

    assert {id_: document.body for id_, document in found.items()} == {id_: id_.encode() for id_ in ids}


def test_the_largest_commit_is_taken_whole(store: Store) -> None:
    key, number = a_stream(), MAX_COMMIT_ITEMS - 1
    documents = [a_document(f"d{n:02}", b"\xff" * 32_000, IndexKey("p", f"{n:02}")) for n in range(number)]
    take(store, a_commit(key, a_row(b"one"), *documents))
    ids = [document.id for document in documents]
    assert store.models.get(a_model(), "acme", ids) == {document.id: document for document in documents}

    changed = [a_document(id_, b"2") for id_ in ids[:40]]
    take(store, a_commit(key, a_row(b"two", revision=1), *changed, deletes=tuple(ids[40:])))

    assert store.models.get(a_model(), "acme", ids) == {document.id: document for document in changed}
    assert store.models.load(a_model(), [key])[key].state == b"two"


def test_the_largest_commit_is_refused_whole(store: Store) -> None:
    key = a_stream()
    take(store, a_commit(key, a_row(b"one")))
    documents = [a_document(f"d{n}") for n in range(MAX_COMMIT_ITEMS - 1)]

    assert store.models.commit([a_commit(key, a_row(b"two"), *documents)]) == [False]

    assert store.models.get(a_model(), "acme", [document.id for document in documents]) == {}
    assert store.models.load(a_model(), [key])[key].state == b"one"


def test_hundreds_of_documents_are_got_in_one_call(store: Store) -> None:
    ids = [f"d{n}" for n in range(240)]
    for start in range(0, len(ids), 80):
        take(store, a_commit(a_stream(), a_row(), *(a_document(id_) for id_ in ids[start : start + 80])))

    found = store.models.get(a_model(), "acme", [*ids, "unknown", ids[0]])

    assert found == {id_: a_document(id_) for id_ in ids}
    assert store.models.get(a_model(), "acme", []) == {}


def test_a_dropped_model_is_gone_and_others_stay(store: Store) -> None:
    dropped, kept, key = a_model("alerts", 1), a_model("alerts", 11), a_stream()
    for model in (dropped, kept):
        take(store, a_commit(key, a_row(b"s", keys=(IndexKey("p", "s"),)), a_document("d"), model=model))
        for start in range(0, 240, 80):
            many = [a_document(f"d{start + n}", b"{}", IndexKey("p", "s")) for n in range(80)]
            take(store, a_commit(a_stream(tenant=f"t{start}"), a_row(), *many, model=model))

    store.models.drop(dropped)
    store.models.drop(dropped)
    store.models.drop(a_model("never", 1))

    assert store.models.load(dropped, [key]) == {}
    assert store.models.load(kept, [key])[key].state == b"s"
    for start in range(0, 240, 80):
        ids = [f"d{start + n}" for n in range(80)]
        assert store.models.get(dropped, f"t{start}", ids) == {}
        assert len(store.models.get(kept, f"t{start}", ids)) == 80


def test_a_dropped_model_begins_anew(store: Store) -> None:
    key = a_stream()
    take(store, a_commit(key, a_row(b"old"), a_document("old")))
    store.models.drop(a_model())

    assert store.models.commit([a_commit(key, a_row(b"zombie", revision=1))]) == [False]
    take(store, a_commit(key, a_row(b"new")))

    assert store.models.load(a_model(), [key]) == {key: a_row(b"new", revision=1)}
    assert get(store, a_model(), "acme", "old") is None
