"""When a request is sent again, and for how long."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from random import uniform
from typing import Any, TypeVar

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from processor.adapters.dynamodb.errors import Trouble, translated, trouble_of

_T = TypeVar("_T")


class Patience(msgspec.Struct, frozen=True):
    """How often to try and how long to wait.

    `attempts` bounds a request that meets trouble; `races` how many races in a row an append may lose to other
    writers, and a request to other transactions. Waits grow from `first` to `longest`, each cut at random so that
    rivals part.
    """

    attempts: int = 8
    races: int = 20
    first: timedelta = timedelta(milliseconds=20)
    longest: timedelta = timedelta(seconds=1)

    def pause(self, attempt: int) -> None:
        """Wait after the `attempt`th try (from 1)."""
        longest = min(self.longest, self.first * 2 ** min(attempt - 1, 20))
        time.sleep(uniform(0, longest.total_seconds()))  # noqa: S311 - jitter is no secret


class ConditionFailed(Exception):
    """A write's condition did not hold, and nothing of it was written by the last try.

    `uncertain` tells that an earlier try of the same request got no answer: that one may have been written.
    """

    def __init__(self, response: Mapping[str, Any], *, uncertain: bool) -> None:
        super().__init__("the condition of a write did not hold")
        self.response, self.uncertain = response, uncertain


class Retries:
    """Sends a request until it is answered, within a `Patience`.

    Only for requests that may be repeated: reads, and writes that recognise themselves by their nonce.
    """

    def __init__(self, patience: Patience) -> None:
        self.patience = patience

    def __call__(self, operation: str, request: Callable[[], _T]) -> _T:
        """Return the answer. Raises ConditionFailed, or what `errors` makes of other trouble."""
        attempt, uncertain = 1, False
        while True:
            try:
                return request()
            except (ClientError, BotoCoreError) as error:
                trouble = trouble_of(error)
                if trouble is Trouble.CONDITION and isinstance(error, ClientError):
                    raise ConditionFailed(error.response, uncertain=uncertain) from error
                if not trouble.passes or attempt >= self._most(trouble):
                    raise translated(operation, error, attempt) from error
                uncertain = uncertain or trouble is Trouble.UNKNOWN
            self.patience.pause(attempt)
            attempt += 1

    def _most(self, trouble: Trouble) -> int:
        attempts, races = self.patience.attempts, self.patience.races
        return min(attempts, races) if trouble is Trouble.CONFLICT else attempts
