"""Hypothesis tries as hard here as for the state machines; what fails on purpose is not told."""

from tests.properties.conftest import silence
from tests.properties.profiles import IN_CI

__all__ = ["IN_CI", "silence"]
