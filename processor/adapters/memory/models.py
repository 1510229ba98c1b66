"""Read models in dictionaries: `ModelStore`, `ModelQueries` and `Lag` as their ports document them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import RLock

import msgspec

from processor.adapters.memory.log import MemoryLog
from processor.models import Commit, Document, Entry, Held, IndexKey, Keys, Model, Page, Row
from processor.streams import StreamId, fed_row


class MemoryModels:
    """Rows and documents by model, ordered when they are asked for."""

    def __init__(self, lock: RLock, log: MemoryLog) -> None:
        self._lock, self._log = lock, log
        self._rows: defaultdict[Model, dict[StreamId, Row]] = defaultdict(dict)
        self._documents: defaultdict[Model, dict[tuple[str, str], Document]] = defaultdict(dict)

    def load(self, model: Model, keys: Sequence[StreamId]) -> dict[StreamId, Row]:
        """See `ModelStore.load`."""
        with self._lock:
            rows = self._rows[model]
            return {key: rows[key] for key in keys if key in rows}

    def commit(self, commits: Sequence[Commit]) -> list[bool]:
        """See `ModelStore.commit`."""
        with self._lock:
            return [self._commit(commit) for commit in commits]

    def _commit(self, commit: Commit) -> bool:
        rows, documents = self._rows[commit.model], self._documents[commit.model]
        present = rows.get(commit.key)
        if (present.revision if present else 0) != commit.row.revision:
            return False
        rows[commit.key] = msgspec.structs.replace(commit.row, revision=commit.row.revision + 1)
        tenant = commit.key.tenant
        for document in commit.puts:
            documents[tenant, document.id] = document
        for gone in commit.deletes:
            documents.pop((tenant, gone), None)
        return True

    def get(self, model: Model, tenant: str, ids: Sequence[str]) -> dict[str, Document]:
        """See `ModelStore.get`."""
        with self._lock:
            documents = self._documents[model]
            return {id_: documents[tenant, id_] for id_ in ids if (tenant, id_) in documents}

    def drop(self, model: Model) -> None:
        """See `ModelStore.drop`."""
        with self._lock:
            self._rows.pop(model, None)
            self._documents.pop(model, None)

    def rows(self, model: Model, tenant: str, category: str, after: str | None = None, limit: int = 100) -> Page:
        """See `ModelQueries.rows`."""
        with self._lock:
            rows = {
                key.key: row
                for key, row in self._rows[model].items()
                if key.tenant == tenant and key.category == category and (after is None or key.key > after)
            }
        found = sorted(rows)
        page = tuple(Entry(key, rows[key].state) for key in found[:limit])
        return Page(page, page[-1].id if len(found) > limit else None)

    def query(  # noqa: PLR0913 - the coordinates of an index range
        self,
        model: Model,
        tenant: str,
        index: int,
        partition: str,
        *,
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> Page:
        """See `ModelQueries.query`."""
        with self._lock:
            places = [
                (f"{place.sort}\x1f{document.id}", document)
                for document in self._indexed(model, tenant)
                if (place := _place(document.keys, index)) is not None and place.partition == partition
            ]
        places.sort(key=lambda place: place[0], reverse=newest_first)
        if after is not None:
            places = [p for p in places if (p[0] < after if newest_first else p[0] > after)]
        page = places[:limit]
        return Page(tuple(Entry(d.id, d.body) for _, d in page), page[-1][0] if len(places) > limit else None)

    def _indexed(self, model: Model, tenant: str) -> Iterable[Document]:
        yield from (d for (owner, _), d in self._documents[model].items() if owner == tenant)
        yield from (Document(k.key, r.state, r.keys) for k, r in self._rows[model].items() if k.tenant == tenant)

    def lagging(self, model: Model, feeds: Mapping[str, str], shard: int = 0, shards: int = 1) -> Iterator[StreamId]:
        """See `Lag.lagging`."""
        for stream in self._log.streams(shard=shard, shards=shards):
            key = fed_row(feeds, stream)
            if key is None:
                continue
            row = self.load(model, [key]).get(key)
            head = self._log.heads([stream])[stream]
            if row is None or (row.positions.get(stream, 0) < head and stream not in row.held):
                yield stream

    def held(self, model: Model, tenant: str | None = None) -> Iterator[tuple[StreamId, StreamId, Held]]:
        """See `Lag.held`."""
        with self._lock:
            rows = [(k, r) for k, r in self._rows[model].items() if r.held and tenant in (None, k.tenant)]
        return iter([(key, stream, mark) for key, row in rows for stream, mark in row.held.items()])


def _place(keys: Keys, index: int) -> IndexKey | None:
    return keys[index] if index < len(keys) else None
