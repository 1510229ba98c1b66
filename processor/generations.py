"""Which generation of a projection is read, which are folded: a pointer per projection, kept in a register.

A rebuild registers generation g+1 beside the live one; every ring then folds both; a flip makes g+1 the one that is
read, in one compare-and-set. Workers hold a pointer for `LEASE` at most, so after a flip the old generation is folded
on until every worker has the new pointer, and a reader never steps back.
"""

from collections.abc import Callable
from datetime import timedelta

import msgspec

from processor.clock import Clock, Instant, instant, moment
from processor.errors import Contended, Misuse, Outdated
from processor.models import Model
from processor.registers import Registers

LEASE = timedelta(seconds=2)
_RACES = 20


class Retiring(msgspec.Struct, frozen=True):
    """A generation that was live: folded until `until`, then dropped."""

    generation: int
    schema: int
    until: Instant


class Pointer(msgspec.Struct, frozen=True):
    """What a worker must know of a projection. Generations count from 1 and are never used twice.

    `filled_after` is when every worker folds the building generation: a pass over the log that decides a flip must
    begin after it.
    """

    live: int
    schema: int
    newest: int
    building: int | None = None
    building_schema: int = 0
    filled_after: Instant | None = None
    retiring: tuple[Retiring, ...] = ()


class Generations:
    """The pointers, cached for `LEASE`. Safe for several threads; shared by all workers through the registers."""

    def __init__(self, registers: Registers, clock: Clock) -> None:
        self._registers, self._clock = registers, clock
        self._cached: dict[str, tuple[Pointer, Instant, Instant]] = {}

    def pointer(self, projection: str, schema: int) -> Pointer:
        """Return the pointer, at most LEASE old. A projection met for the first time is live at generation 1."""
        cached = self._cached.get(projection)
        if cached is not None and cached[1] <= self._clock() < cached[2]:
            return cached[0]
        return self.refresh(projection, schema)

    def refresh(self, projection: str, schema: int) -> Pointer:
        """Read the pointer anew."""
        now = self._clock()
        pointer, revision = self._read(projection)
        if pointer is None:
            pointer = Pointer(live=1, schema=schema, newest=1)
            if not self._write(projection, pointer, revision):
                return self.refresh(projection, schema)
        self._cached[projection] = (pointer, now, instant(moment(now) + LEASE))
        return pointer

    def live(self, projection: str, schema: int) -> Model:
        """Return the model that readers read. Raises Outdated where it is of another schema."""
        pointer = self.pointer(projection, schema)
        if pointer.schema != schema:
            raise Outdated(projection, pointer.schema, schema)
        return Model(projection, pointer.live)

    def folding(self, projection: str, schema: int) -> tuple[Model, ...]:
        """Return the models a ring folds: those of `schema`, since this program has no other fold.

        The live one first, then the one being built, then those that retire.
        """
        pointer = self.pointer(projection, schema)
        if pointer.building is None and not pointer.retiring:
            return (Model(projection, pointer.live),) if pointer.schema == schema else ()
        known = [(pointer.live, pointer.schema)]
        if pointer.building is not None:
            known.append((pointer.building, pointer.building_schema))
        now = self._clock()
        known += [(old.generation, old.schema) for old in pointer.retiring if now < old.until]
        return tuple(Model(projection, generation) for generation, number in known if number == schema)

    def register(self, projection: str, schema: int) -> Model:
        """Begin the next generation and return its model. Raises Misuse where one is being built already."""

        def begin(pointer: Pointer) -> Pointer:
            if pointer.building is not None:
                raise Misuse(f"{projection}@{pointer.building} is being built: finish or abandon it first")
            number = pointer.newest + 1
            return msgspec.structs.replace(
                pointer, newest=number, building=number, building_schema=schema, filled_after=self._later(2)
            )

        return Model(projection, self._change(projection, schema, begin).newest)

    def flip(self, projection: str, schema: int, building: Model) -> Pointer:
        """Make `building` the live generation; the old one retires. Raises Misuse where it is not the one built."""

        def turn(pointer: Pointer) -> Pointer:
            if pointer.building != building.generation:
                raise Misuse(f"{building} is not being built")
            old = Retiring(pointer.live, pointer.schema, self._later(2))
            return Pointer(
                live=building.generation,
                schema=pointer.building_schema,
                newest=pointer.newest,
                retiring=(*pointer.retiring, old),
            )

        return self._change(projection, schema, turn)

    def abandon(self, projection: str, schema: int, building: Model) -> Pointer:
        """Stop building; the half-built generation retires. Raises Misuse where it is not the one built."""

        def leave(pointer: Pointer) -> Pointer:
            if pointer.building != building.generation:
                raise Misuse(f"{building} is not being built")
            old = Retiring(building.generation, -1, self._later(2))
            return msgspec.structs.replace(pointer, building=None, filled_after=None, retiring=(*pointer.retiring, old))

        return self._change(projection, schema, leave)

    def droppable(self, projection: str, schema: int) -> tuple[Model, ...]:
        """Return the retired models that no worker has begun to fold for the length of a lease."""
        retiring = self.refresh(projection, schema).retiring
        left = instant(moment(self._clock()) - LEASE)
        return tuple(Model(projection, old.generation) for old in retiring if old.until <= left)

    def dropped(self, projection: str, schema: int, gone: Model) -> None:
        """Note that `gone` was deleted from the store."""

        def forget(pointer: Pointer) -> Pointer:
            kept = tuple(old for old in pointer.retiring if old.generation != gone.generation)
            return msgspec.structs.replace(pointer, retiring=kept)

        self._change(projection, schema, forget)

    def _later(self, leases: int) -> Instant:
        return instant(moment(self._clock()) + leases * LEASE)

    def _change(self, projection: str, schema: int, change: Callable[[Pointer], Pointer]) -> Pointer:
        for _ in range(_RACES):
            self.refresh(projection, schema)
            pointer, revision = self._read(projection)
            if pointer is None:
                continue
            changed = change(pointer)
            if self._write(projection, changed, revision):
                self.refresh(projection, schema)
                return changed
        raise Contended(f"the generations of {projection}", _RACES)

    def _read(self, projection: str) -> tuple[Pointer | None, int]:
        register = self._registers.read(f"generation/{projection}")
        if register is None:
            return None, 0
        return msgspec.json.decode(register.value, type=Pointer), register.revision

    def _write(self, projection: str, pointer: Pointer, revision: int) -> bool:
        return self._registers.write(f"generation/{projection}", msgspec.json.encode(pointer), revision)
