"""The page on commands lists what `--help` lists."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from syncstate.cli.app import app

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, by its full name."""
    if not isinstance(command, TyperGroup):
        yield name, command
        return
    for word, part in command.commands.items():
        yield from leaves(part, f"{name} {word}")


def test_the_page_lists_every_command_as_its_help_does() -> None:
    wanted = {
        f"| `{name}` | {(command.help or '').splitlines()[0]} |"
        for name, command in leaves(typer.main.get_command(app), "syncstate")
    }
    listed = {line for line in PAGE.read_text().splitlines() if line.startswith("| `syncstate ")}
    assert listed == wanted


def test_every_command_has_examples_and_prints_json_but_for_those_that_serve() -> None:
    for name, command in leaves(typer.main.get_command(app), "syncstate"):
        assert f"  {name}" in (command.help or ""), name
        options = {option for parameter in command.params for option in parameter.opts}
        assert "--json" in options or name in {"syncstate serve", "syncstate demo"}, name
