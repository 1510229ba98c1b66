"""What the engine raises.

ProcessorError
├── Retryable              try again later; nothing was lost
│   ├── StoreUnavailable   the store did not answer, or refused for now
│   │   └── Throttled      it is asked for more than it may serve; nothing was written by the last try
│   ├── Contended          a race was lost too often
│   └── TooNew             an event this version of the program cannot read yet (a rolling deploy)
├── Poison                 folding this event will fail however often it is tried
└── Misuse                 the caller broke a rule of a port
"""

from processor.streams import StreamId


class ProcessorError(Exception):
    """The root of what the engine raises on purpose."""


class Retryable(ProcessorError):
    """Try again later: nothing was lost and nothing half done."""


class StoreUnavailable(Retryable):
    """The store did not answer or refused for now. Whether a write took effect is unknown: repeat it."""

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(f"the store could not {operation}: {reason}")
        self.operation, self.reason = operation, reason


class Throttled(StoreUnavailable):
    """The store is asked for more than its capacity serves: what can wait should."""


class Contended(Retryable):
    """A compare-and-set lost its race too often in a row."""

    def __init__(self, what: str, attempts: int) -> None:
        super().__init__(f"{what} was changed by others {attempts} times in a row")
        self.what, self.attempts = what, attempts


class TooNew(Retryable):
    """The event's type or schema is of a later version of this program: hold its stream until that version runs."""

    def __init__(self, type_: str, schema: int, known: int | None) -> None:
        detail = "is of an unknown type" if known is None else f"has schema {schema}, newer than {known}"
        super().__init__(f"event {type_} {detail}: a newer release must read it")
        self.type, self.schema, self.known = type_, schema, known


class Outdated(Retryable):
    """The live model was folded by a release with another schema of the projection, whose rows this one cannot read."""

    def __init__(self, projection: str, found: int, wanted: int) -> None:
        super().__init__(
            f"the read model {projection} is of schema {found} and this release reads schema {wanted}:"
            " `syncstate upgrade` rebuilds it"
        )
        self.projection, self.found, self.wanted = projection, found, wanted


class Poison(ProcessorError):
    """Folding an event failed for a reason that will not pass."""

    def __init__(self, stream: StreamId, version: int, reason: str) -> None:
        super().__init__(f"event {version} of {stream} cannot be folded: {reason}")
        self.stream, self.version, self.reason = stream, version, reason


class Misuse(ProcessorError):
    """A rule of a port was broken: a defect of the caller."""
