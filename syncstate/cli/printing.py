"""How commands show what they found: tables on a terminal, plain lines in a pipe, never markup from data."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

Cell = str | int | None
_TOLD_EVERY = 10_000


def table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print rows under `columns`. In a pipe: no frame, no colour, nothing cut off."""
    texts = [[_text(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        _plain([list(columns), *texts])
        return
    drawn = Table(*(Column(name, overflow="fold") for name in columns))
    for texts_of_row, row in zip(texts, rows, strict=True):
        drawn.add_row(*(_drawn(text, cell) for text, cell in zip(texts_of_row, row, strict=True)))
    Console(highlight=False).print(drawn)


def facts(pairs: Sequence[tuple[str, Cell]]) -> None:
    """Print names and what each is."""
    if not sys.stdout.isatty():
        _plain([[name, _text(value)] for name, value in pairs])
        return
    drawn = Table(show_header=False)
    for name, value in pairs:
        drawn.add_row(Text(name, "bold"), _drawn(_text(value), value))
    Console(highlight=False).print(drawn)


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:,}" if isinstance(cell, int) and sys.stdout.isatty() else str(cell)


def _drawn(text: str, cell: Cell) -> Text:
    return Text(text, justify="right" if isinstance(cell, int) else "left")


def _plain(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


class Told:
    """How far a long piece of work is, on stderr: a bar on a terminal, elsewhere a line now and then."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._next = what, total, _TOLD_EVERY

    def __call__(self, done: int) -> None:
        """Tell that `done` of the total are done."""
        if done >= self._next:
            print(f"{self._what}: {done:,} of {self._total:,}", file=sys.stderr, flush=True)
            self._next = done - done % _TOLD_EVERY + _TOLD_EVERY


class _Bar(Told):
    def __init__(self, what: str, total: int) -> None:
        from rich.progress import MofNCompleteColumn, Progress

        super().__init__(what, total)
        columns = (*Progress.get_default_columns(), MofNCompleteColumn())
        self.progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self.progress.add_task(what, total=total)

    def __call__(self, done: int) -> None:
        self.progress.update(self._task, completed=done)


@contextmanager
def progress(what: str, total: int) -> Iterator[Told]:
    """Yield what is told of each step of `total`."""
    if not sys.stderr.isatty():
        yield Told(what, total)
        return
    bar = _Bar(what, total)
    with bar.progress:
        yield bar
