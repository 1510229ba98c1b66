"""The engine's ports on SQLite and PostgreSQL.

The ports (`log`, `models`, `registers`, `store`) are written once, over `transactions` and `names`. What a database
does its own way is in `sqlite/` and `postgres/`; `statements` says what that is.
"""

from processor.adapters.sql.errors import SchemaMismatch, StoreDamaged, StoreEmptied, StoreForeign, StoreInUse
from processor.adapters.sql.store import SqlStore

__all__ = ["SchemaMismatch", "SqlStore", "StoreDamaged", "StoreEmptied", "StoreForeign", "StoreInUse"]
