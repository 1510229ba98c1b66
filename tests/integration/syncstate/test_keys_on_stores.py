"""Keys in every store."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from processor.clock import system_clock
from processor.store import Store
from tests.stores import Eventually
from web.guard.keys import KeyBook, found


def test_keys_work_until_they_are_revoked(store: Store, eventually: Eventually) -> None:
    book = KeyBook(store.registers, system_clock)
    made = [book.create(tenant, "read", "") for tenant in ("acme", "other") for _ in range(3)]
    eventually(lambda: len(book.every(None)), 6)
    eventually(lambda: [key.tenant for key in book.every("acme")], ["acme"] * 3)
    for key, text in made:
        assert found(asyncio.run(book.active()), text) == key
    key, text = made[0]
    book.revoke(key.id, "acme")
    eventually(lambda: found(asyncio.run(KeyBook(store.registers, system_clock).active()), text), None)
    assert book.any_active()


def test_a_key_revoked_by_many_at_once_is_revoked_once(store: Store) -> None:
    book = KeyBook(store.registers, system_clock)
    key, _ = book.create("acme", "write", "")
    with ThreadPoolExecutor(4) as pool:
        revoked = list(pool.map(lambda _: book.revoke(key.id, "acme"), range(4)))
    assert len({one.revoked_at for one in revoked if one is not None}) == 1
    assert None not in revoked
