"""syncstate import: files that become facts."""

from pathlib import Path
from typing import Annotated

import typer

from ingest.amazon.report import ReturnsReport
from ingest.imports.rows import Unreadable
from ingest.imports.stock import StockFile
from stock.dispositions import Pool
from syncstate.cli.failures import Failure
from syncstate.cli.importing import Request, content_of, run
from syncstate.cli.options import AsJson, Data, settings_with

_MAX_NAME = 40

imports = typer.Typer(
    name="import",
    help="Bring in files: stock, Amazon's returns, the older service's store.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Check the whole file, and send nothing.")]
SkipInvalid = Annotated[
    bool, typer.Option("--skip-invalid", help="Leave wrong rows out; without it one wrong row stops the import.")
]


@imports.command()
def stock(  # noqa: PLR0913 - each is an option
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The file; - reads standard input.")],
    *,
    data: Data = None,
    dry_run: DryRun = False,
    skip_invalid: SkipInvalid = False,
    rejected: Annotated[
        Path | None,
        typer.Option("--rejected", metavar="FILE.csv", help="Write the wrong rows there, with reasons."),
    ] = None,
    again: Annotated[
        str, typer.Option("--again", metavar="NAME", help="Import rows once more that were imported before.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Set stock from a CSV file: sku, count and, if you like, buffer, threshold, asin.

    Counts are absolute, and of units not promised to an order. An empty cell changes nothing; other columns are not
    read. All of the file is checked before anything is sent. The same rows count once, so a broken import is
    completed by giving the command again; to set the same numbers on another day, name that day with --again.

    \b
    Examples:
      syncstate import stock stock.csv --dry-run
      syncstate import stock stock.csv
      syncstate import stock stock.csv --skip-invalid --rejected to-correct.csv
      syncstate import stock stock.csv --again 2026-11-20
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    if len(again) > _MAX_NAME or not (again.isascii() and again.isprintable()):
        raise Failure(f"--again takes a name of at most {_MAX_NAME} plain characters, a date say", 2)
    advice = "; to set the same numbers on purpose, name the occasion with --again"
    request = Request(file, settings_with(data=data), dry_run, skip_invalid, rejected, as_json, advice)
    try:
        opened = StockFile(content_of(file), again)
    except Unreadable as error:
        raise Failure(f"{file}: {error}") from error
    run(request, opened)


@imports.command()
def returns(  # noqa: PLR0913 - each is an option
    file: Annotated[Path, typer.Argument(metavar="FILE.tsv", help="The report; - reads standard input.")],
    *,
    pool: Annotated[
        Pool, typer.Option("--pool", help="Whose shelf the units came back to: Amazon's (fba) or the merchant's.")
    ] = "fba",
    data: Data = None,
    dry_run: DryRun = False,
    skip_invalid: SkipInvalid = False,
    as_json: AsJson = False,
) -> None:
    """Bring in Amazon's report of customer returns, GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA.

    Reports may overlap: a return counts once. What came back to Amazon's shelf (fba) changes no merchant stock. A
    disposition that is not known is held as UNKNOWN, for a person to look at. Customers' comments are not read.

    \b
    Examples:
      syncstate import returns returns.tsv --dry-run
      syncstate import returns returns.tsv
      syncstate import returns returns.tsv --pool merchant
    """  # noqa: D301
    request = Request(file, settings_with(data=data), dry_run, skip_invalid, None, as_json)
    try:
        opened = ReturnsReport(content_of(file), pool)
    except Unreadable as error:
        raise Failure(f"{file}: {error}") from error
    run(request, opened)
