"""What the SQL stores raise beyond the engine's own errors, and how a driver's errors become ours.

ProcessorError
├── StoreInUse        another process has this data folder open
├── SchemaMismatch    the store was written by another release
└── StoreDamaged      the store contradicts itself or cannot be read: waiting will not help
"""

from collections.abc import Mapping, Sequence
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
    """The store has schema number `found`, this release wants `wanted`."""

    def __init__(self, found: int, wanted: int) -> None:
        if found < wanted:
            advice = "run `syncstate upgrade`"
        else:
            advice = "a newer release wrote it: install that one (`syncstate upgrade` never goes back)"
        super().__init__(f"the store has schema {found}, this release wants {wanted}: {advice}")
        self.found, self.wanted = found, wanted


class StoreDamaged(ProcessorError):
    """The store contradicts itself or cannot be read. Retrying will not help; a backup may."""

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(f"the store could not {operation} and will not by waiting: {reason}")
        self.operation, self.reason = operation, reason


Rule = tuple[type[Exception], type[Misuse | StoreUnavailable | StoreDamaged]]
"""A driver's error and what it becomes."""


class Translation:
    """A driver's errors and ours, most special first; an error that no rule names passes as it is."""

    def __init__(self, rules: Sequence[Rule], said: Mapping[str, str] | None = None) -> None:
        """`said` may put a clearer sentence in place of one of the driver's."""
        self.rules, self._said = tuple(rules), said or {}
        self.errors = tuple(theirs for theirs, _ in rules)

    def of(self, operation: str, error: Exception) -> ProcessorError:
        """Return what `error`, one of `errors`, becomes."""
        ours = next(ours for theirs, ours in self.rules if isinstance(error, theirs))
        text = str(error).strip() or type(error).__name__
        reason = self._said.get(text, text)
        return (
            Misuse(f"the store will not {operation}: {reason}") if issubclass(ours, Misuse) else ours(operation, reason)
        )
