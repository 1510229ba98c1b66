"""Commits made, and what readers then see of them."""

from collections.abc import Callable, Iterable

import msgspec

from processor.models import Commit, Document, Keys, Model, Page, Row
from processor.store import Store
from processor.streams import StreamId


def take(store: Store, *commits: Commit) -> None:
    """Commit what must be taken."""
    assert store.models.commit(commits) == [True] * len(commits)


def load(store: Store, model: Model, key: StreamId) -> Row | None:
    """One row, its keys in their shortest spelling."""
    row = store.models.load(model, [key]).get(key)
    return row and msgspec.structs.replace(row, keys=shortest(row.keys))


def get(store: Store, model: Model, tenant: str, id_: str) -> Document | None:
    """One document, its keys in their shortest spelling."""
    document = store.models.get(model, tenant, [id_]).get(id_)
    return document and msgspec.structs.replace(document, keys=shortest(document.keys))


def shortest(keys: Keys) -> Keys:
    """The same places without what trails behind them: None and beyond the end mean the same."""
    while keys and keys[-1] is None:
        keys = keys[:-1]
    return keys


def told(documents: Iterable[Document]) -> list[tuple[str, bytes]]:
    """What a listing says of each document."""
    return [(document.id, document.body) for document in documents]


def walk(turn: Callable[[str | None], Page]) -> list[list[str]]:
    """The ids of every page, from the first (`turn(None)`) to the one that says it is the last."""
    pages: list[list[str]] = []
    after: str | None = None
    while True:
        page = turn(after)
        pages.append([document.id for document in page.items])
        after = page.after
        if after is None:
            return pages
        assert len(pages) < 500, "the listing does not end"
