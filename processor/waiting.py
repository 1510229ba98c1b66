"""A queue in a register, for those who have none beside their store: `Queue` as its port documents it.

What differs: it holds MAX_BYTES of bodies in all and takes no more (StoreUnavailable), and each call reads and writes
the whole of it. Right for the few streams that must wait, wrong for traffic.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from secrets import token_hex
from time import sleep

import msgspec

from processor.clock import Clock, Instant, instant, moment
from processor.errors import Contended, Misuse, StoreUnavailable
from processor.queues import MAX_BODY_BYTES, NOW, Message
from processor.registers import Registers

MAX_BYTES = 200_000
HIDDEN = timedelta(seconds=60)
_RACES = 20
_LOOKS = timedelta(milliseconds=200)


class _Kept(msgspec.Struct, frozen=True):
    body: str
    due: Instant
    receipt: str
    deliveries: int = 0


class RegisterQueue:
    """The queue `name`, shared by all that have the same registers."""

    def __init__(self, registers: Registers, name: str, clock: Clock, hidden: timedelta = HIDDEN) -> None:
        """`hidden` is how long a delivered message is out of others' sight."""
        self._registers, self._name, self._clock, self._hidden = registers, f"queue/{name}", clock, hidden

    def send(self, bodies: Sequence[bytes], delay: timedelta = NOW) -> None:
        """See `Queue.send`. A body that waits already, undelivered, is not kept twice."""
        if any(len(body) > MAX_BODY_BYTES for body in bodies):
            raise Misuse(f"a message holds at most {MAX_BODY_BYTES:,} bytes")
        due = self._in(delay)

        def add(kept: list[_Kept]) -> list[_Kept]:
            known = {one.body for one in kept if not one.receipt}
            new = [text for text in dict.fromkeys(body.decode() for body in bodies) if text not in known]
            return [*kept, *(_Kept(text, due, "") for text in new)]

        self._change("send messages", add)

    def receive(self, most: int = 10, wait: timedelta = NOW) -> list[Message]:
        """See `Queue.receive`."""
        waited = timedelta()
        while not (found := self._receive(most)) and waited < wait:
            sleep(_LOOKS.total_seconds())
            waited += _LOOKS
        return found

    def hide(self, messages: Sequence[Message], during: timedelta) -> None:
        """See `Queue.hide`."""
        named, due = {message.receipt for message in messages}, self._in(during)

        def hide(kept: list[_Kept]) -> list[_Kept]:
            return [msgspec.structs.replace(one, due=due) if one.receipt in named else one for one in kept]

        self._change("hide messages", hide)

    def delete(self, messages: Sequence[Message]) -> None:
        """See `Queue.delete`."""
        gone = {message.receipt for message in messages}
        self._change("delete messages", lambda kept: [one for one in kept if one.receipt not in gone])

    def __len__(self) -> int:
        return len(self._read()[0])

    def _receive(self, most: int) -> list[Message]:
        now, taken = self._clock(), list[_Kept]()
        if not any(one.due <= now for one in self._read()[0]):
            return []

        def take(kept: list[_Kept]) -> list[_Kept]:
            taken.clear()
            due = [one for one in kept if one.due <= now][:most]
            hidden = self._in(self._hidden)
            taken.extend(_Kept(one.body, hidden, token_hex(8), one.deliveries + 1) for one in due)
            return [*(one for one in kept if one not in due), *taken]

        self._change("receive messages", take)
        return [Message(one.body.encode(), one.receipt, one.deliveries) for one in taken]

    def _change(self, operation: str, change: Callable[[list[_Kept]], list[_Kept]]) -> None:
        for _ in range(_RACES):
            kept, revision = self._read()
            changed = change(kept)
            if changed == kept:
                return
            value = msgspec.json.encode(changed)
            if len(value) > MAX_BYTES and len(changed) > len(kept):
                raise StoreUnavailable(operation, f"the queue {self._name} is full: {len(kept)} messages wait in it")
            if self._registers.write(self._name, value, revision):
                return
        raise Contended(self._name, _RACES)

    def _read(self) -> tuple[list[_Kept], int]:
        register = self._registers.read(self._name)
        if register is None:
            return [], 0
        return msgspec.json.decode(register.value, type=list[_Kept]), register.revision

    def _in(self, delay: timedelta) -> Instant:
        return instant(moment(self._clock()) + delay)
