"""Commits made, and what readers then see of them."""

from collections.abc import Callable, Iterable

import msgspec

from processor.models import Commit, Document, Entry, IndexKey, Keys, Model, Page, Row
from processor.store import Store
from processor.streams import StreamId
from tests.factories import NASTY_KEYS, a_held_mark, a_row, a_stream

SKU, CHANNEL = a_stream(key="T"), a_stream(category="channel", key="amazon:T")

ROWS = {
    "a state at no position": a_row(),
    "positions of several streams": a_row(b"s", {SKU: 7, CHANNEL: 3, a_stream(): 2**40}),
    "positions of nasty streams": a_row(b"s", {a_stream(key=key): n for n, key in enumerate(NASTY_KEYS[:60], 1)}),
    "a state of no bytes": a_row(b""),
    "a state that is no text": a_row(bytes(range(256))),
    "a state of 100 kB": a_row(b"\x00\xff" * 50_000),
    "a held mark": a_row(b"s", {SKU: 7}, held={SKU: a_held_mark(8)}),
    "marks on several streams": a_row(held={SKU: a_held_mark(1), CHANNEL: a_held_mark(2, "é'\"\\ 👍🏽\nline 2")}),
    "a key in the first index": a_row(keys=(IndexKey("p", "s"),)),
    "a key in the last index alone": a_row(keys=(None, None, None, IndexKey("p", "s"))),
    "keys in all indexes": a_row(keys=tuple(IndexKey(f"p{n}", "#/%'\"\\ é👍🏽") for n in range(4))),
}


def at(row: Row, revision: int) -> Row:
    """The same row, that many commits on."""
    return msgspec.structs.replace(row, revision=revision)


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


def told(documents: Iterable[Document | Entry]) -> list[tuple[str, bytes]]:
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
