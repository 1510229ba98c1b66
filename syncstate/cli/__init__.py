"""The syncstate command."""
