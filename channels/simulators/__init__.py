"""Shops to try things on: real HTTP servers that behave like the vendors'."""
