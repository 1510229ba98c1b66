"""What PostgreSQL does its own way: connections, and the statements that must be fast.

A statement takes all it changes as arrays, one per column, and changes rows in the order of their keys: where two
transactions want the same rows, one waits for the other, and never each for the other.
"""
