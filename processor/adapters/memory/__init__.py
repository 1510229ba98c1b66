"""The engine's ports in plain dictionaries: the reference adapter. Durable until the process ends."""

from processor.adapters.memory.store import MemoryStore

__all__ = ["MemoryStore"]
