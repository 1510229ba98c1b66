"""A row under work: what one commit holds, however many events are folded into it."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.cell import Cell, Glimpses, cell_of
from processor.errors import Misuse
from processor.models import MAX_COMMIT_BYTES, MAX_COMMIT_ITEMS, Commit, Document, IndexKey, Keys, Model
from processor.projection import MAX_CHANGES_PER_EVENT, Amend, Change, Delete, Put
from processor.streams import StreamId
from tests.unit.processor.scripted import BESIDE, ROW, Script, Scripted, a_run, taken, told_plainly

KEYS = (IndexKey("any", "1"), IndexKey("other", "2"))
_ids = st.sampled_from("abc")
_puts = st.builds(
    lambda id_, number: Put(Document(id_, b'{"put":%d}' % number, KEYS)),
    _ids,
    st.integers(0, 3),
)
_amends = st.builds(
    lambda id_, field, leaves: Amend(id_, {field: 1}, leaves), _ids, st.sampled_from("xy"), st.sampled_from([(), (0,)])
)
_deletes = st.builds(Delete, _ids)
scripts = st.lists(st.lists(st.one_of(_puts, _amends, _deletes), max_size=4), max_size=12)


def a_cell() -> Cell:
    return cell_of(Scripted(), Model("scripted", 1), ROW, None)


def commit(cell: Cell, documents: dict[str, Document]) -> Commit:
    """Commit what was folded, with the stored documents that it asks for."""
    made = cell.commit({id_: documents[id_] for id_ in cell.wanted if id_ in documents})
    cell.committed(made)
    return made


def filled(numbers: Sequence[int], size: int = 2) -> Script:
    """Return a script whose events put so many new documents each."""
    return [
        [Put(Document(f"{event}.{place}", b"." * size)) for place in range(number)]
        for event, number in enumerate(numbers)
    ]


@given(scripts, scripts, st.sets(st.integers(1, 12)))
def test_documents_are_the_same_whether_events_are_folded_together_or_apart(
    before: Script, script: Script, cuts: set[int]
) -> None:
    documents = told_plainly(before)
    expected = told_plainly(script, documents)
    cell, run = a_cell(), a_run(script) if script else None
    for upto in sorted({*cuts, len(script)}):
        if run is not None and cell.at < upto <= len(script):
            assert cell.advance(a_run(script[cell.at : upto], first=cell.at + 1)) is None
            documents = taken(commit(cell, documents), documents)
    assert cell.at == len(script)
    assert documents == expected


@given(scripts)
def test_a_commit_never_puts_and_deletes_the_same_document(script: Script) -> None:
    cell = a_cell()
    if script:
        cell.advance(a_run(script))
    made = cell.commit({})
    ids = [document.id for document in made.puts]
    assert len({*ids, *made.deletes}) == len(ids) + len(made.deletes)


def test_an_amendment_of_what_is_not_stored_changes_nothing() -> None:
    cell = a_cell()
    cell.advance(a_run([[Amend("none", {"read": True})]]))
    assert cell.wanted == ["none"]
    assert cell.commit({}).puts == ()


@given(
    st.lists(st.integers(0, MAX_CHANGES_PER_EVENT), min_size=1, max_size=30),
    st.lists(st.integers(0, MAX_CHANGES_PER_EVENT), max_size=30),
    st.sampled_from([2, 30_000]),
)
def test_a_commit_is_cut_before_it_passes_its_bounds(own: list[int], beside: list[int], size: int) -> None:
    """Two streams feed one row; the events of one put 600 kB at most."""
    cell, documents = a_cell(), dict[str, Document]()
    scripts = {ROW: filled(own, size), BESIDE: [[_elsewhere(c) for c in changes] for changes in filled(beside, size)]}
    for _ in range(len(own) + len(beside) + 1):
        before = sum(cell.position(stream) for stream in scripts)
        for stream, script in scripts.items():
            rest = script[cell.position(stream) :]
            if rest:
                cell.advance(a_run(rest, stream, cell.position(stream) + 1))
        made = commit(cell, documents)
        documents = taken(made, documents)
        assert len(made.puts) + len(made.deletes) + 1 <= MAX_COMMIT_ITEMS
        assert sum(len(document.body) for document in made.puts) + len(made.row.state) <= MAX_COMMIT_BYTES
        at_the_end = all(cell.position(stream) == len(script) for stream, script in scripts.items())
        assert at_the_end or sum(cell.position(stream) for stream in scripts) > before
    assert documents.keys() == told_plainly([*scripts[ROW], *scripts[BESIDE]]).keys()


def _elsewhere(change: Change) -> Change:
    assert isinstance(change, Put)
    return Put(Document(f"beside.{change.document.id}", change.document.body))


def test_more_than_twenty_changes_by_one_event_are_poison_of_that_event() -> None:
    cell, glimpses = a_cell(), Glimpses()
    failure = cell.advance(a_run([[Delete("x")], [Delete("x")] * (MAX_CHANGES_PER_EVENT + 1), []]), glimpses)
    assert failure is not None
    assert (failure.version, type(failure.error)) == (2, Misuse)
    assert not failure.waits
    assert cell.at == 1
    assert glimpses.keys() == {(ROW, 1)}


def test_twenty_changes_by_one_event_are_taken() -> None:
    cell = a_cell()
    assert cell.advance(a_run(filled([MAX_CHANGES_PER_EVENT]))) is None
    assert len(cell.commit({}).puts) == MAX_CHANGES_PER_EVENT


def test_an_event_that_fails_leaves_no_trace_of_itself() -> None:
    cell = a_cell()
    failure = cell.advance(a_run([[Delete("x")], ValueError("no"), [Delete("y")]]))
    assert failure is not None
    assert failure.version == 2
    made = cell.commit({})
    assert made.row.positions == {ROW: 1}
    assert made.row.state == Scripted().encode({str(ROW): 1})
    assert made.deletes == ("x",)


def test_each_stream_of_a_row_has_its_own_position() -> None:
    cell = a_cell()
    cell.advance(a_run([[], []]))
    cell.advance(a_run([[]], BESIDE))
    made = commit(cell, {})
    assert made.row.positions == {ROW: 2, BESIDE: 1}
    assert cell.advance(a_run([ValueError("no")], BESIDE, first=2)) is not None
    assert (cell.at, cell.position(BESIDE)) == (2, 1)


@pytest.mark.parametrize("first", [1, 2, 3])
def test_a_run_that_overlaps_what_was_folded_is_folded_from_where_the_row_stands(first: int) -> None:
    cell, glimpses = a_cell(), Glimpses()
    cell.advance(a_run([[], []]))
    cell.advance(a_run([[]] * (5 - first), first=first), glimpses)
    assert cell.at == 4
    assert glimpses == {(ROW, 3): 3, (ROW, 4): 4}


def test_a_run_with_a_gap_before_it_is_not_folded() -> None:
    cell = a_cell()
    cell.advance(a_run([[], []]))
    assert cell.advance(a_run([[]], first=4)) is None
    assert (cell.at, cell.folded) == (2, 2)


@given(st.lists(st.sampled_from([ROW, BESIDE]), max_size=8))
def test_a_cell_that_is_loaded_again_goes_on_as_if_it_had_stayed(order: list[StreamId]) -> None:
    kept, loaded = a_cell(), a_cell()
    for stream in order:
        for cell in (kept, loaded):
            cell.advance(a_run([[]], stream, cell.position(stream) + 1))
            commit(cell, {})
        loaded = cell_of(Scripted(), loaded.model, ROW, loaded.stored)
    assert (kept.stored, kept.state, kept.at, dict(kept.beside)) == (
        loaded.stored,
        loaded.state,
        loaded.at,
        dict(loaded.beside),
    )


def test_a_commit_is_light_where_a_stored_row_changes_in_its_state_and_its_own_position_alone() -> None:
    cell, fixed = a_cell(), (IndexKey("any", "1"), None)
    cell.projection = Standing(fixed)
    told: list[bool] = []
    for stream in (ROW, ROW, BESIDE, ROW, BESIDE, ROW):
        cell.advance(a_run([[Delete("x")]], stream, cell.position(stream) + 1))
        told.append(commit(cell, {}).light)
    assert told == [False, True, False, True, False, True]

    loaded = cell_of(cell.projection, cell.model, ROW, msgspec.structs.replace(cell.stored, keys=fixed[:1]))
    assert loaded.commit({}).light
    for moved in ((), (None, None), (IndexKey("any", "2"),), (*fixed, IndexKey("any", "1"))):
        cell.projection = Standing(moved)
        assert not cell.commit({}).light


class Standing(Scripted):
    """Stands where it is told."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def keys(self, key: StreamId, state: dict[str, int]) -> Keys:
        del key, state
        return self._keys
