"""SKUs on the command line and in addresses."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from syncstate.cli.failures import Failure

SkuArgument = Annotated[str, typer.Argument(metavar="SKU", help="The SKU, as it is spelled in the shop.")]

TAKES_SIGNS: dict[Any, Any] = {"ignore_unknown_options": True}
"""How a command is registered whose arguments may begin with a minus: `-3`, or a SKU."""


def in_path(sku: str) -> str:
    """Escape all that is special in a path, dots too: the SKU `..` is no way up. Raises Failure for what is no text."""
    return quote(text(sku), safe="").replace(".", "%2E")


def text(sku: str) -> str:
    """Return the SKU. Raises Failure for what is no text: bytes of another encoding."""
    try:
        sku.encode()
    except UnicodeEncodeError as error:
        raise Failure("the SKU is not text in UTF-8", 2) from error
    return sku
