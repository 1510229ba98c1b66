"""API keys: made once, shown once, kept as hashes in registers, known to every request without asking the store.

A key reads `sks_<id>_<secret>`. The secret is 256 random bits, so one round of SHA-256 keeps it: a slow or salted hash
defends what a person might have chosen, and nobody can try 2^256 of anything.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from hmac import compare_digest
from secrets import token_hex, token_urlsafe
from threading import Lock
from time import monotonic as system_monotonic

import msgspec
from anyio.to_thread import run_sync

from processor.clock import Clock, Instant
from processor.errors import Contended, Retryable
from processor.registers import Registers
from web.guard.roles import Role

FRESH_SECONDS = 2.0
"""A reading of the keys is renewed after this long, by one request while the others go on with the old one."""

STALE_SECONDS = 5.0
"""No request goes by a reading older than this: a key revoked elsewhere works no longer than this."""

MAX_NAME_CHARS = 100
_PREFIX = "sks_"
_AT = "key/"
_ID_BYTES, _SECRET_BYTES = 6, 32
_RACES = 5


class Key(msgspec.Struct, frozen=True):
    """A key as it is stored: whose, as what, and the hash of its text. `name` is for people."""

    id: str
    tenant: str
    role: Role
    name: str
    hash: str
    created_at: Instant
    revoked_at: Instant | None = None


class KeyBook:
    """The keys of one store, of all tenants. Any thread may call it."""

    def __init__(self, registers: Registers, clock: Clock, monotonic: Callable[[], float] = system_monotonic) -> None:
        self._registers, self._clock, self._monotonic = registers, clock, monotonic
        self._active: Mapping[str, Key] = {}
        self._read_at = float("-inf")
        self._readings, self._renewing = 0, False
        self._failure: Retryable | None = None
        self._lock = Lock()

    def create(self, tenant: str, role: Role, name: str) -> tuple[Key, str]:
        """Store a new key; return it with its text, which cannot be had again. Raises Retryable."""
        for _ in range(_RACES):
            id_ = token_hex(_ID_BYTES)
            text = f"{_PREFIX}{id_}_{token_urlsafe(_SECRET_BYTES)}"
            key = Key(id_, tenant, role, name, _hash(text), self._clock())
            if self._registers.write(_AT + id_, msgspec.json.encode(key), 0):
                self._forget()
                return key, text
        raise Contended("a key's id", _RACES)

    def revoke(self, id_: str, tenant: str | None) -> Key | None:
        """Let a key work no more, and return it; None where `tenant` has no such key (None: any tenant).

        A key that was revoked before keeps its time. Raises Retryable.
        """
        for _ in range(_RACES):
            register = self._registers.read(_AT + id_)
            key = None if register is None else _decode(register.value)
            if register is None or key is None or (tenant is not None and key.tenant != tenant):
                return None
            if key.revoked_at is not None:
                return key
            revoked = msgspec.structs.replace(key, revoked_at=self._clock())
            if self._registers.write(_AT + id_, msgspec.json.encode(revoked), register.revision):
                self._forget()
                return revoked
        raise Contended(f"key {id_}", _RACES)

    def every(self, tenant: str | None) -> list[Key]:
        """Return the keys of `tenant`, None: of all, oldest first, the revoked ones too. Raises Retryable."""
        keys = (_decode(register.value) for _, register in self._registers.scan(_AT))
        return sorted(
            (key for key in keys if tenant is None or key.tenant == tenant), key=lambda key: (key.created_at, key.id)
        )

    def any_active(self) -> bool:
        """Tell whether the store holds a key that works. Raises Retryable."""
        return any(key.revoked_at is None for key in self.every(None))

    async def active(self) -> Mapping[str, Key]:
        """Return the keys that work, by id, as they were at most STALE_SECONDS ago.

        Raises Retryable where the store has not answered for so long.
        """
        age = self._monotonic() - self._read_at
        if age >= STALE_SECONDS:
            await run_sync(self._renew, self._readings)
        elif age >= FRESH_SECONDS and not self._renewing:
            self._renewing = True
            try:
                await run_sync(self._renew, self._readings)
            except Retryable:
                return self._active
            finally:
                self._renewing = False
        return self._active

    def active_now(self) -> Mapping[str, Key]:
        """Return what `active` does, to a caller without an event loop, who waits for it."""
        age = self._monotonic() - self._read_at
        if age >= FRESH_SECONDS:
            try:
                self._renew(self._readings)
            except Retryable:
                if age >= STALE_SECONDS:
                    raise
        return self._active

    def _renew(self, seen: int) -> None:
        """Read the keys anew, unless another thread has tried since reading number `seen`: then share its luck."""
        with self._lock:
            if self._readings != seen:
                if self._failure is not None:
                    raise self._failure
                return
            began = self._monotonic()
            try:
                active = {key.id: key for key in self.every(None) if key.revoked_at is None}
            except Retryable as failure:
                self._failure = failure
                raise
            else:
                self._active, self._read_at, self._failure = active, began, None
            finally:
                self._readings += 1

    def _forget(self) -> None:
        """Have the next request read the keys: this process has just changed them."""
        with self._lock:
            self._read_at = float("-inf")


def found(keys: Mapping[str, Key], text: str) -> Key | None:
    """Return the key whose text this is, in a time that tells nothing about any secret. None where it is none."""
    id_, separator, _ = text.removeprefix(_PREFIX).partition("_")
    key = keys.get(id_) if separator and text.startswith(_PREFIX) else None
    return key if key is not None and compare_digest(key.hash, _hash(text)) else None


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _decode(value: bytes) -> Key:
    return msgspec.json.decode(value, type=Key)
