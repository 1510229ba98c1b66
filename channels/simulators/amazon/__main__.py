"""The small Amazon by itself: `python -m channels.simulators.amazon --port 4580` until it is stopped."""

import argparse
import signal
import sys
from typing import NoReturn

from channels.simulators.amazon.server import simulated_amazon


def main() -> int:
    """Run a small Amazon, which forgets everything when it ends."""
    parser = argparse.ArgumentParser(prog="python -m channels.simulators.amazon", description=main.__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=4580, help="the port to listen on (default: %(default)s)")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with simulated_amazon(host=asked.host, port=asked.port) as simulator:
            sys.stdout.write(
                f"a small Amazon at {simulator.url}, its listings at {simulator.url}/_simulator/listings\n"
            )
            sys.stdout.flush()
            signal.pause()
    except OSError as error:
        sys.stderr.write(f"{asked.host}:{asked.port} cannot be listened on: {error.strerror}\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
