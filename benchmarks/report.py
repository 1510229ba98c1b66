"""What was measured, as a table for the eye, a page for the tree, and JSON for a program."""

from collections.abc import Sequence

import msgspec

from benchmarks.rounds import Series, ratio


class Row(msgspec.Struct, frozen=True):
    """One thing measured, against the peer where it has its like. Rates are per second."""

    name: str
    ours: Series
    peer: Series | None = None
    target: float | None = None

    @property
    def ratio(self) -> Series | None:
        """Ours over the peer's, round by round."""
        return None if self.peer is None else ratio(self.ours, self.peer)

    @property
    def verdict(self) -> str:
        """Whether the ratio's median reaches the target."""
        if self.target is None or self.ratio is None:
            return ""
        return "met" if self.ratio.median >= self.target else "**missed**"


class Cost(msgspec.Struct, frozen=True):
    """What one sale costs on DynamoDB, on average."""

    name: str
    write_units: float
    read_units: float
    requests: float


class Wait(msgspec.Struct, frozen=True):
    """How long a server takes to answer, in milliseconds; `first` when it is first asked after a start.

    `cpu` is what its process computes for an answer, on average, with all that it does besides.
    """

    name: str
    cpu: float
    p50: float
    p99: float
    first: float
    at_most: float

    @property
    def verdict(self) -> str:
        """What of it is within the bound."""
        if self.p99 > self.at_most:
            return "**missed**"
        return "met" if self.first <= self.at_most else "met, but at first"


class Drain(msgspec.Struct, frozen=True):
    """How many changes at once reached Amazon, in simulated seconds: until it showed nothing that was gone, and all.

    `oversold` is in unit-seconds; `throttled` counts requests that passed a limit.
    """

    name: str
    gone: float
    all: float
    oversold: float
    requests: int
    feeds: int
    throttled: int


class Lag(msgspec.Struct, frozen=True):
    """How long it takes until a listing shows a sale, in milliseconds, with nothing else to do."""

    name: str
    p50: float
    p95: float
    slowest: float
    at_most: float

    @property
    def verdict(self) -> str:
        """Whether the 95th of a hundred is within the bound."""
        return "met" if self.p95 <= self.at_most else "**missed**"


class Section(msgspec.Struct, frozen=True):
    """Rows, costs or waits that belong together, and what a reader must know of them."""

    title: str
    unit: str
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    costs: tuple[Cost, ...] = ()
    waits: tuple[Wait, ...] = ()
    drains: tuple[Drain, ...] = ()
    lags: tuple[Lag, ...] = ()


class Report(msgspec.Struct, frozen=True):
    """A run."""

    command: str
    machine: str
    began: str
    busy: str
    rounds: int
    sections: tuple[Section, ...]


def as_json(report: Report) -> str:
    """Return the run with every round's rate."""
    return msgspec.json.format(msgspec.json.encode(report)).decode()


def as_text(section: Section) -> str:
    """Return a section as it is printed while the run goes on."""
    return "\n".join([section.title, *tables(section)])


def page(report: Report, preface: str) -> str:
    """Return the run as a page."""
    facts = (
        f"- Machine: {report.machine}\n"
        f"- Command: `{report.command}`, {report.began}\n"
        f"- {report.busy}\n"
        f"- Each figure: median (slowest - fastest) of {report.rounds} rounds, after one that is not counted."
        " A ratio is taken round by round."
    )
    parts = [preface, facts]
    for section in report.sections:
        parts += [f"## {section.title}", *tables(section), *(note for note in section.notes if note not in parts)]
    return "\n\n".join(parts) + "\n"


def tables(section: Section) -> list[str]:
    """Return the section's tables in Markdown that also reads well as text."""
    drawn: list[str] = []
    if section.rows:
        heads = (section.unit, "ours", "peer", "ratio", "target", "")
        drawn.append(_drawn([heads, *map(_cells, section.rows)]))
    if section.costs:
        drawn.append(_drawn([("per sale", "write units", "read units", "requests"), *map(_costs, section.costs)]))
    if section.waits:
        least = f"p99 under {section.waits[0].at_most:g}"
        drawn.append(_drawn([(section.unit, "CPU", "p50", "p99", "first", least), *map(_waits, section.waits)]))
    if section.drains:
        titles = (section.unit, "gone", "all", "unit-seconds oversold", "PATCHes", "feeds", "throttled")
        drawn.append(_drawn([titles, *map(_drains, section.drains)]))
    if section.lags:
        least = f"p95 under {section.lags[0].at_most:g}"
        drawn.append(_drawn([(section.unit, "p50", "p95", "slowest", least), *map(_lags, section.lags)]))
    return drawn


def _drawn(lines: Sequence[Sequence[str]]) -> str:
    """Return a table, without the columns in which nothing stands under the head."""
    columns = [column for column in zip(*lines, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    rows = [f"| {' | '.join(map(str.ljust, line, widths))} |" for line in zip(*columns, strict=True)]
    return "\n".join([rows[0], f"| {' | '.join('-' * width for width in widths)} |", *rows[1:]])


def _cells(row: Row) -> tuple[str, ...]:
    against = row.ratio
    return (
        row.name,
        _rates(row.ours),
        "" if row.peer is None else _rates(row.peer),
        "" if against is None else _ratios(against),
        "" if row.target is None else f"{row.target:g}",
        row.verdict,
    )


def _costs(cost: Cost) -> tuple[str, ...]:
    return (cost.name, *(f"{amount:.2f}" for amount in (cost.write_units, cost.read_units, cost.requests)))


def _waits(wait: Wait) -> tuple[str, ...]:
    return (wait.name, *(f"{took:.1f}" for took in (wait.cpu, wait.p50, wait.p99, wait.first)), wait.verdict)


def _drains(drain: Drain) -> tuple[str, ...]:
    counts = (drain.requests, drain.feeds, drain.throttled)
    return (drain.name, *(f"{number:,.0f}" for number in (drain.gone, drain.all, drain.oversold, *counts)))


def _lags(lag: Lag) -> tuple[str, ...]:
    return (lag.name, *(f"{took:.0f}" for took in (lag.p50, lag.p95, lag.slowest)), lag.verdict)


def _rates(series: Series) -> str:
    low, high = series.spread
    return f"{_short(series.median)} ({_short(low)} - {_short(high)})"


def _ratios(series: Series) -> str:
    low, high = series.spread
    return f"{series.median:.2f} ({low:.2f} - {high:.2f})"


def _short(number: float) -> str:
    """Return a rate in three figures or so."""
    if number < 1000:
        return f"{number:.0f}"
    return f"{number / 1000:.1f}k" if number < 100_000 else f"{number / 1000:,.0f}k"
