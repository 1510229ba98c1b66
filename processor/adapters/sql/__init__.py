"""The engine's ports on SQLite and PostgreSQL."""
