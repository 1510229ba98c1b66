"""The engine on the memory adapter."""
