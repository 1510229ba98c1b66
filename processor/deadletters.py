"""Dead letters: records from outside that could not be taken, kept whole until they can be, or an operator gives up.

A dead letter is a register with its header, `letter/<tenant>/<id>`, and one register per PIECE of its bytes, each
letter's in a partition of their own. The pieces are written before the header, so what has a header is whole; the
engine's event follows the header, and who delivers records acknowledges after that: a crash on the way repeats all
three, to the same end. `id` is the record's place, so a redelivery finds its letter.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from typing import Literal, Protocol

import msgspec
import structlog

from processor.arrivals import Arrival, Place
from processor.clock import Clock, Instant
from processor.errors import Contended
from processor.log import Append
from processor.ops import RecordEvent, RecordQuarantined, RecordReleased, ops_event, ops_stream
from processor.registers import Register
from processor.source import Doorbell
from processor.store import Store

PIECE = 256 * 1024
"""Bytes per register, within what every store's registers hold."""

_RACES = 20
_MAX_ERROR = 500

_log = structlog.get_logger("processor.deadletters")

State = Literal["waiting", "redriven", "discarded"]


class Rings(Protocol):
    """Who folds what was appended: the runner, or nobody, where others follow the log."""

    def ring(self, bells: Iterable[Doorbell]) -> object:
        """Fold the streams of `bells`, now or never."""
        ...


class DeadLetter(msgspec.Struct, frozen=True):
    """A kept record, as operators see it. `size` is in bytes; `tries` counts how often it could not be taken.

    `episode` counts its stays: a record that is quarantined again after it was released begins a new one.
    """

    tenant: str
    place: Place
    error: str
    kept_at: Instant
    arrived_at: Instant
    size: int
    state: State = "waiting"
    episode: int = 0
    tries: int = 1

    @property
    def id(self) -> str:
        """The record's place, as text."""
        return str(self.place)


class DeadLetters:
    """The dead letters of every tenant, on any store. Any method may raise StoreUnavailable or Contended."""

    def __init__(self, store: Store, runner: Rings, clock: Clock) -> None:
        """`runner` is rung for what is told: it may leave that to others."""
        self._registers, self._log = store.registers, store.log
        self._runner, self._clock = runner, clock

    def keep(self, tenant: str, record: Arrival, error: str) -> DeadLetter:
        """Keep `record`, durably, and tell of it.

        Keeping it again while it waits changes nothing, and one that was discarded stays so.
        """
        letter = self._kept(tenant, record, error[:_MAX_ERROR])
        if letter.state == "waiting":
            self._tell(letter, RecordQuarantined(record.place.source, letter.id, letter.error))
        return letter

    def waiting(self, tenant: str) -> Iterator[DeadLetter]:
        """Yield the tenant's letters that wait, in order of their places' text. May be eventually consistent."""
        for _, register in self._registers.scan(f"letter/{tenant}/"):
            letter = _decode(register.value)
            if letter.state == "waiting":
                yield letter

    def count(self, tenant: str, most: int) -> int:
        """Return how many of the tenant's letters wait, `most` at most."""
        return sum(1 for _ in islice(self.waiting(tenant), most))

    def find(self, tenant: str, id_: str) -> DeadLetter | None:
        """Return the tenant's letter of this id if it waits. Strongly consistent."""
        register = self._registers.read(_name(tenant, id_))
        letter = None if register is None else _decode(register.value)
        return letter if letter is not None and letter.state == "waiting" else None

    def record(self, letter: DeadLetter) -> Arrival:
        """Return what was kept. Raises LookupError where the letter was released meanwhile."""
        pieces = [self._registers.read(name) for name in _pieces(letter)]
        data = b"".join(piece.value for piece in pieces if piece is not None)
        if len(data) != letter.size:
            raise LookupError(f"{letter.id} was released meanwhile")
        return Arrival(letter.place, data, letter.arrived_at)

    def failed(self, letter: DeadLetter, error: str) -> None:
        """Note that the letter could not be taken this time either."""
        again = msgspec.structs.replace(letter, error=error[:_MAX_ERROR], tries=letter.tries + 1)
        self._change(letter, again)

    def release(self, letter: DeadLetter, *, discarded: bool = False) -> bool:
        """Let the letter go, once all it holds is durable elsewhere; `discarded`: or is given up.

        Answers False where it did not wait any more: another has released it. It is told first: a crash on the way
        leaves a letter that waits, to be released again. Its bytes are erased; that it was stays in the log.
        """
        state: State = "discarded" if discarded else "redriven"
        self._tell(letter, RecordReleased(letter.place.source, letter.id, discarded))
        changed = self._change(letter, msgspec.structs.replace(letter, state=state))
        for name in _pieces(letter):
            self._put(name, b"")
        return changed

    def _kept(self, tenant: str, record: Arrival, error: str) -> DeadLetter:
        """Return the letter of `record`: the one that waits or was discarded, else a new one."""
        name = _name(tenant, str(record.place))
        for _ in range(_RACES):
            register = self._registers.read(name)
            known = None if register is None else _decode(register.value)
            if known is not None and known.state != "redriven":
                return known
            episode = 0 if known is None else known.episode + 1
            letter = DeadLetter(
                tenant, record.place, error, self._clock(), record.at, len(record.data), episode=episode
            )
            for number, piece in enumerate(_pieces(letter)):
                self._put(piece, record.data[number * PIECE : (number + 1) * PIECE])
            if self._registers.write(name, _encode(letter), _revision(register)):
                _log.error("record.quarantined", tenant=tenant, record=letter.id, error=error)
                return letter
        raise Contended(name, _RACES)

    def _change(self, letter: DeadLetter, changed: DeadLetter) -> bool:
        """Replace a letter that still waits in this episode."""
        name = _name(letter.tenant, letter.id)
        for _ in range(_RACES):
            register = self._registers.read(name)
            known = None if register is None else _decode(register.value)
            if known is None or (known.state, known.episode) != ("waiting", letter.episode):
                return False
            if self._registers.write(name, _encode(changed), _revision(register)):
                return True
        raise Contended(name, _RACES)

    def _put(self, name: str, value: bytes) -> None:
        """Make the register hold `value`, whoever else does the same."""
        for _ in range(_RACES):
            register = self._registers.read(name)
            if register is not None and register.value == value:
                return
            if self._registers.write(name, value, _revision(register)):
                return
        raise Contended(name, _RACES)

    def _tell(self, letter: DeadLetter, fact: RecordEvent) -> None:
        stream = ops_stream(letter.tenant, letter.place.source)
        self._log.append([Append(stream, (ops_event(fact, str(letter.episode), self._clock()),))])
        self._runner.ring([Doorbell(stream)])


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(DeadLetter).decode


def _name(tenant: str, id_: str) -> str:
    return f"letter/{tenant}/{id_}"


def _pieces(letter: DeadLetter) -> list[str]:
    """Return the names of the registers that hold the letter's bytes in this episode."""
    whose = blake2b(_name(letter.tenant, letter.id).encode(), digest_size=16).hexdigest()
    count = max(1, -(-letter.size // PIECE))
    return [f"letter-{whose}/{letter.episode}/{number:03d}" for number in range(count)]


def _revision(register: Register | None) -> int:
    return 0 if register is None else register.revision
