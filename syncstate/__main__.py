"""`python -m syncstate` is the syncstate command."""

from syncstate.cli import main

if __name__ == "__main__":
    main()
