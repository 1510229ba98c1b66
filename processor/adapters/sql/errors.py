"""What the SQL stores raise beyond the engine's own errors, and how a driver's errors become ours.

ProcessorError
├── StoreInUse        another process has this data folder open
├── SchemaMismatch    the store was written by another release
├── StoreForeign      the tables there are another program's
├── StoreEmptied      data was kept in this file, and it is gone
└── StoreDamaged      the store contradicts itself or cannot be read: waiting will not help
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from processor.errors import Misuse, ProcessorError, StoreUnavailable


class StoreInUse(ProcessorError):
    """Another process has the SQLite file open; it must be stopped, or asked to do the work."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is open in another process: stop that one, or let it do the work, or name another data folder"
        )
        self.path = path


class SchemaMismatch(ProcessorError):
    """The store at `place` has schema number `found`, this release wants `wanted`."""

    def __init__(self, found: int, wanted: int, place: str = "the store") -> None:
        if found < wanted:
            advice = "run `syncstate upgrade`"
        else:
            advice = "a newer release wrote it: install that one (`syncstate upgrade` never goes back)"
        super().__init__(f"{place} has schema {found}, this release wants {wanted}: {advice}")
        self.found, self.wanted, self.place = found, wanted, place


class StoreForeign(ProcessorError):
    """Another program's tables are at `place`: nothing was changed there."""

    def __init__(self, place: str, found: Collection[str]) -> None:
        some = ", ".join(sorted(found)[:3])
        super().__init__(
            f"{place} holds another program's tables ({some}{', ...' if len(found) > 3 else ''}) and was left as it is:"  # noqa: PLR2004
            " name another data folder or database"
        )
        self.place = place


class StoreEmptied(ProcessorError):
    """Data was kept in the file at `path`; now the file is empty or gone. A new store in its place would hide that."""

    def __init__(self, path: Path, trace: Path) -> None:
        super().__init__(
            f"{path} is empty, and {trace} tells that data was kept in it: bring a backup back with `syncstate restore"
            f" FILE --data {path.parent} --force`, or delete {trace} to begin anew"
        )
        self.path, self.trace = path, trace


class StoreDamaged(ProcessorError):
    """The store contradicts itself or cannot be read. Retrying will not help; a backup may."""

    def __init__(self, operation: str, reason: str, place: str = "the store") -> None:
        super().__init__(
            f"{place} could not {operation} and will not by waiting: {reason}. `syncstate verify` looks for the damage,"
            " `syncstate restore` brings a backup back"
        )
        self.operation, self.reason, self.place = operation, reason, place


Rule = tuple[type[Exception], type[Misuse | StoreUnavailable | StoreDamaged]]
"""A driver's error and what it becomes."""


class Translation:
    """A driver's errors and ours, most special first; an error that no rule names passes as it is."""

    def __init__(self, rules: Sequence[Rule], said: Mapping[str, str] | None = None, place: str = "the store") -> None:
        """`said` may put a clearer sentence in place of one of the driver's. `place` is where the store is."""
        self.rules, self._said, self._place = tuple(rules), said or {}, place
        self.errors = tuple(theirs for theirs, _ in rules)

    def at(self, place: str) -> "Translation":
        """Return the same for the store at `place`."""
        return Translation(self.rules, self._said, place)

    def of(self, operation: str, error: Exception) -> ProcessorError:
        """Return what `error`, one of `errors`, becomes."""
        ours = next(ours for theirs, ours in self.rules if isinstance(error, theirs))
        text = str(error).strip() or type(error).__name__
        reason = self._said.get(text, text)
        if issubclass(ours, Misuse):
            return Misuse(f"the store will not {operation}: {reason}")
        if issubclass(ours, StoreDamaged):
            return StoreDamaged(operation, reason, self._place)
        return ours(operation, reason if self._place == "the store" else f"{reason} ({self._place})")
