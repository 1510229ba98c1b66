"""`python -m benchmarks`: measures SyncState beside its peer, prints tables, writes RESULTS.md."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import appending, applying, consuming, dynamodb, http, kinds, machine, reads, shown, soldout
from benchmarks.places import postgres_missing, scratch
from benchmarks.report import Report, Row, Section, as_json, as_text, page

RESULTS = Path(__file__).parent / "RESULTS.md"
PREFACE = Path(__file__).parent / "preface.md"
ROUNDS = 5
PARTS = ("machine", "sqlite", "postgres", "dynamodb", "consuming", "http", "reads", "soldout", "shown")

_LIMITS = """\
What no program on this machine passes: a durable commit waits for an fsync, an event is decoded at least once."""


def sections(part: str, folder: Path, rounds: int, *, quick: bool) -> Iterator[Section]:
    """Measure one of PARTS, yielding each section as soon as it is done."""
    match part:
        case "machine":
            found = machine.limits(folder, rounds, quick=quick)
            rows = tuple(Row(name, rates) for name, rates in found.items())
            yield Section("The machine's limits", "per second", rows, (_LIMITS,))
        case "dynamodb":
            yield from dynamodb.sections(rounds, quick=quick)
        case "consuming":
            yield from consuming.sections(rounds, quick=quick)
        case "http":
            yield from http.sections(folder, rounds, quick=quick)
        case "reads":
            yield from reads.sections(folder, quick=quick)
        case "soldout":
            yield soldout.section(quick=quick)
        case "shown":
            yield shown.section(folder, quick=quick)
        case "postgres" if (absent := postgres_missing()) is not None:
            yield Section(f"PostgreSQL was not measured. {absent}.", "")
        case _:
            with (kinds.sqlite if part == "sqlite" else kinds.postgres)(folder) as kind:
                yield appending.measure(kind, rounds, quick=quick)
                yield applying.measure(kind, rounds, quick=quick)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; answer the exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    asked = _parser().parse_args(given)
    rounds = asked.rounds or (1 if asked.quick else ROUNDS)
    busy = machine.busy()
    began = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    done: list[Section] = []
    command = " ".join(["python -m benchmarks", *given])
    with scratch() as folder:
        try:
            for part in asked.only or PARTS:
                for section in sections(part, folder, rounds, quick=asked.quick):
                    done.append(section)
                    if not asked.json:
                        print(as_text(section), end="\n\n", flush=True)
        finally:
            report = Report(command, machine.describe(folder), began, busy, rounds, tuple(done))
            if asked.json:
                print(as_json(report))
            elif not (asked.quick or asked.only):
                RESULTS.write_text(page(report, PREFACE.read_text().strip()))
                print(f"written to {RESULTS}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part alone; may be repeated")
    parser.add_argument("--rounds", type=int, help=f"how many rounds each comparison takes ({ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="seconds, to see that it runs: the figures mean nothing")
    parser.add_argument("--json", action="store_true", help="print every round's rates as JSON, and write nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
