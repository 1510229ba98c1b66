"""Adapters: one folder per technology, the same file names in each (`store`, `log`, `models`, `registers`)."""
