"""Places in an index that are longer than a key of DynamoDB."""

import pytest

from processor.adapters.dynamodb import DynamoStore
from processor.adapters.dynamodb.documents import index_place
from processor.models import Commit, Document, Entry, IndexKey, Row
from tests.factories import a_model, a_stream

LONGEST_SORT = "s" * 999
LONG_IDS = ["é" * 450, "é" * 449 + "e", "i" * 900, "i" * 899 + "j", "日" * 300]


@pytest.mark.parametrize("id_", LONG_IDS)
@pytest.mark.parametrize("sort", ["", "s", "s" * 500, "ß" * 499, LONGEST_SORT])
def test_a_place_fits_into_a_key_and_keeps_its_sort_whole(sort: str, id_: str) -> None:
    place = index_place(sort, id_)

    assert len(place.encode()) <= 1024
    assert place.startswith(f"{sort}\x1f")


def test_places_stay_apart_however_much_of_the_id_is_cut() -> None:
    assert len({index_place(LONGEST_SORT, id_) for id_ in LONG_IDS}) == len(LONG_IDS)


def test_documents_with_long_places_are_listed_once_each_with_their_keys(store: DynamoStore) -> None:
    model, key, place = a_model(), a_stream(), IndexKey("p", LONGEST_SORT)
    documents = [Document(id_, id_.encode(), (None, place)) for id_ in LONG_IDS]
    store.models.commit([Commit(model, key, Row(b"", {key: 1}), tuple(documents))])

    listed: list[Entry] = []
    after = None
    for _ in LONG_IDS:
        page = store.models.query(model, "acme", 1, "p", after=after, limit=1)
        listed += page.items
        after = page.after

    assert after is None
    assert {entry.id: entry.body for entry in listed} == {document.id: document.body for document in documents}
    assert len(listed) == len(documents)
    assert store.models.get(model, "acme", LONG_IDS) == {document.id: document for document in documents}


def test_a_document_and_a_row_of_one_name_at_one_place_are_both_listed_page_by_page(store: DynamoStore) -> None:
    model, key, place = a_model(), a_stream(key="same"), (IndexKey("p", "s"),)
    store.models.commit([Commit(model, key, Row(b"row", {key: 1}, keys=place), (Document("same", b"doc", place),))])

    first = store.models.query(model, "acme", 0, "p", limit=1)
    second = store.models.query(model, "acme", 0, "p", limit=1, after=first.after)

    assert {item.body for item in (*first.items, *second.items)} == {b"row", b"doc"}
    assert second.after is None


def test_rows_with_large_states_are_listed_across_pages(store: DynamoStore) -> None:
    model, keys = a_model(), [a_stream(key=f"K{number:02}") for number in range(12)]
    store.models.commit([Commit(model, key, Row(b"7" * 200_000, {key: 1})) for key in keys])

    page = store.models.rows(model, "acme", "sku", limit=10)
    rest = store.models.rows(model, "acme", "sku", after=page.after)

    assert [item.id for item in (*page.items, *rest.items)] == [key.key for key in keys]
    assert rest.after is None
