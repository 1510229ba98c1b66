"""What SQLite does its own way: connections, and the statements that must be fast.

Sets of keys travel as one JSON text. Two habits keep Python's driver fast: it looks for an adapter for each `bytes`
and each None that is bound, which costs more than the rest of the row, so a blob is bound as a `bytearray`, and None
as the integer 0, which `nullif` turns into NULL (no text is ever equal to it).
"""
