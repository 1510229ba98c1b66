"""Dead letters at the counter: what waits, and taking it again by whoever knows its source."""

from collections.abc import Callable, Mapping

from processor.deadletters import DeadLetter, DeadLetters

Redrive = Callable[[DeadLetter], str | None]
"""Takes a letter again and releases it; answers why it could not, None where it could. Raises LookupError where it was
released meanwhile, and Retryable."""


class LetterDesk:
    """The dead letters, and who takes those of each source again."""

    def __init__(self, letters: DeadLetters, redrivers: Mapping[str, Redrive]) -> None:
        self.letters, self._redrivers = letters, redrivers

    def redrive(self, letter: DeadLetter) -> str | None:
        """Take `letter` again; answer why it still cannot be taken, None where it is gone. Raises Retryable."""
        redrive = self._redrivers.get(letter.place.source)
        if redrive is None:
            return f"this release takes nothing from {letter.place.source}"
        try:
            return redrive(letter)
        except LookupError:
            return None
