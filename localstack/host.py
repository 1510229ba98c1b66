"""ministack and the small Amazon together, in the foreground until stopped: what `make localstack-up` starts."""

import argparse
import os
import sys

from localstack import state
from localstack.amazon import small_amazon
from localstack.ministack import ministack
from localstack.process import foreground


def main() -> int:
    """Run ministack and a small Amazon until stopped."""
    parser = argparse.ArgumentParser(prog="python -m localstack.host", description=main.__doc__)
    parser.add_argument("--port", type=int, required=True, help="ministack's")
    parser.add_argument("--amazon-port", type=int, required=True, help="the small Amazon's")
    asked = parser.parse_args()
    try:
        with ministack(asked.port) as endpoint, small_amazon(asked.amazon_port) as amazon:
            state.write(state.Started("ministack", endpoint, amazon, os.getpid()))
            foreground()
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    finally:
        state.forget()
    return 0


if __name__ == "__main__":
    sys.exit(main())
