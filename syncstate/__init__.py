"""The composition root: settings, wiring, commands, servers."""
