"""The syncstate command."""

import sys

from syncstate.cli.failures import Failure


def main() -> None:
    """Run the command line. A failure is one sentence on stderr and a code: 1, or 2 for a wrong use."""
    from syncstate.cli.app import app

    try:
        app()
    except Failure as failure:
        print(f"syncstate: {failure}", file=sys.stderr)
        sys.exit(failure.code)
