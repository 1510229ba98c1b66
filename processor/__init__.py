"""The engine: an event log, read models folded from it, and what keeps the two in step.

It knows no shop and no screen. Read `log`, `models` and `registers` (the ports), then `runner`.
"""
