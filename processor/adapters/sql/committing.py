"""How commits are taken: rows by compare-and-set, many to a statement; then what hangs on the rows that were."""

from collections.abc import Iterator, Sequence
from typing import Generic

from processor.adapters.sql.connections import C
from processor.adapters.sql.names import Names
from processor.adapters.sql.places import places
from processor.adapters.sql.rows import besides, full_row, light_row
from processor.adapters.sql.schema import model_of, row_id
from processor.adapters.sql.statements import ModelStatements, PutDocument
from processor.models import Commit, Model

Numbered = tuple[int, Commit]
"""A row's id and the commit of it."""


class Committer(Generic[C]):
    """Takes commits within a transaction. A statement tells which rows it refused, so nothing has to be undone."""

    def __init__(self, names: Names[C], statements: ModelStatements[C]) -> None:
        self._names, self._statements = names, statements

    def take(self, connection: C, commits: Sequence[Commit]) -> list[bool]:
        """Take each commit whose row is still at its revision; answer which were."""
        ids = self._ids(connection, commits)
        refused = self._write_rows(connection, commits, ids)
        taken = [place not in refused for place in range(len(commits))]
        changed = [(id_, c) for id_, c, done in zip(ids, commits, taken, strict=True) if done and (c.puts or c.deletes)]
        if changed:
            self._change_documents(connection, changed)
        return taken

    def _ids(self, connection: C, commits: Sequence[Commit]) -> list[int]:
        """Return the ids of the commits' rows; commits of one model come together as a rule."""
        streams = self._names.given(connection, [commit.key for commit in commits])
        ids: list[int] = []
        model: Model | None = None
        number = 0
        for commit, stream in zip(commits, streams, strict=True):
            if commit.model is not model:
                model = commit.model
                number = self._names.given_model(connection, model)
            ids.append(row_id(number, stream))
        return ids

    def _write_rows(self, connection: C, commits: Sequence[Commit], ids: Sequence[int]) -> set[int]:
        """Replace or insert rows, positions included; return the places in `commits` of those refused."""
        light: list[int] = []
        old: list[int] = []
        new: list[int] = []
        for place, commit in enumerate(commits):
            (new if not commit.row.revision else light if commit.light else old).append(place)
        if light and old:
            self._statements.lock(connection, [ids[place] for place in (*light, *old)])
        refused: set[int] = set()
        for tried, written, put in (
            (light, light_row, self._statements.replace_light),
            (old, full_row, self._statements.replace),
            (new, full_row, self._statements.insert),
        ):
            if tried:
                rows = [written(ids[place], commits[place]) for place in tried]
                refused.update(tried[number] for number in put(connection, rows))
        if old or new:
            self._place(connection, [(ids[place], commits[place]) for place in (*old, *new) if place not in refused])
        return refused

    def _place(self, connection: C, taken: Sequence[Numbered]) -> None:
        """Make the stored positions those of the rows taken, touching only what differs."""
        wanted = {(id_, stream): version for id_, commit in taken for stream, version in besides(commit).items()}
        replaced = [id_ for id_, commit in taken if commit.row.revision]
        stored = self._statements.positions(connection, replaced) if replaced else []
        if not wanted and not stored:
            return
        numbers = self._names.given(connection, [stream for _, stream in wanted])
        now = {(id_, number): v for ((id_, _), v), number in zip(wanted.items(), numbers, strict=True)}
        before = {(id_, number): version for id_, number, version in stored}
        if gone := before.keys() - now.keys():
            self._statements.delete_positions(connection, sorted(gone))
        changed = [(*place, v) for place, v in now.items() if place not in before or before[place] != v]
        if changed:
            self._statements.put_positions(connection, sorted(changed))

    def _change_documents(self, connection: C, taken: Sequence[Numbered]) -> None:
        if puts := [put for id_, commit in taken for put in _puts(model_of(id_), commit)]:
            self._statements.put_documents(connection, puts)
        if gone := [(model_of(id_), commit.key.tenant, gone) for id_, commit in taken for gone in commit.deletes]:
            self._statements.delete_documents(connection, gone)


def _puts(model: int, commit: Commit) -> Iterator[PutDocument]:
    tenant = commit.key.tenant
    return ((model, tenant, put.id, put.body, *places(model, tenant, put.keys, put.id)) for put in commit.puts)
