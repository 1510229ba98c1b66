"""The store's care: checking it, copying it, bringing a copy back, leading it to this release."""


class Refused(Exception):
    """The root of what keeps the care of a store from being done: a sentence that says what to do."""
