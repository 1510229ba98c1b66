"""Dead letters, and who takes those of each source again."""

from ingest.amazon.door import NotificationDoor
from ingest.amazon.orders import AMAZON
from processor.clock import Clock
from processor.deadletters import DeadLetter, DeadLetters
from processor.engine import Engine
from syncstate.settings import Settings
from web.letters import LetterDesk


def letter_desk(
    settings: Settings, engine: Engine, clock: Clock, letters: DeadLetters, notifications: NotificationDoor
) -> LetterDesk:
    """Return the desk; what a source needs to be taken again is imported when it is."""

    def kinesis(letter: DeadLetter) -> str | None:
        from syncstate.kinesis import intake_of

        return intake_of(settings, engine, clock).redrive(letter)

    return LetterDesk(letters, {"kinesis": kinesis, AMAZON: notifications.redrive})
