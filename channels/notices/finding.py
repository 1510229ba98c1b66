"""Which alerts of a tenant wait to be told to a target."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import get_args

import msgspec

from channels.notices.looks import ALERTS, reached
from channels.notices.messages import SEVERITIES
from channels.notices.progress import Late, Progress, hashed
from processor.engine import Engine
from processor.streams import StreamId
from projections.alerts.documents import Alert, AlertType, alert_id
from projections.alerts.queries import AlertQueries
from stock.dispositions import Severity

MOST_VERSIONS = 2000
"""So many events of streams that were behind are gone through at a time."""

_TYPES: Sequence[AlertType] = get_args(AlertType)
_FIRST_PAGE, _PAGE = 50, 1000
_decode = msgspec.json.Decoder(Alert).decode


class Finder:
    """Finds a tenant's alerts of a severity or worse that nobody has acknowledged. Raises Retryable as the store."""

    def __init__(self, engine: Engine, tenant: str, minimum: Severity) -> None:
        self._engine, self._tenant = engine, tenant
        self._queries = AlertQueries(engine.store.models, lambda: engine.live(ALERTS))
        self._severities = SEVERITIES[: SEVERITIES.index(minimum) + 1]

    def recent(self, progress: Progress, told: AbstractSet[bytes]) -> list[Alert]:
        """Return what waits of the time not settled, oldest first: as many as there is room for, at least one."""
        found: deque[Alert] = deque(maxlen=max(1, progress.room))
        page, after = self._queries.unread(self._tenant, None, _FIRST_PAGE)
        while True:
            for alert in page:
                if alert.timestamp < progress.settled:
                    return list(reversed(found))
                if self._waits(alert, progress, told):
                    found.append(alert)
            if after is None:
                return list(reversed(found))
            page, after = self._queries.unread(self._tenant, after, _PAGE)

    def late(self, progress: Progress, settled: Mapping[str, int], told: AbstractSet[bytes]) -> Late:
        """Return what waits of streams past the versions `settled` of them, MOST_VERSIONS further at most."""
        model = self._engine.live(ALERTS)
        budget, whole = MOST_VERSIONS, True
        ids: list[str] = []
        through: dict[str, int] = {}
        for stream, version in reached(self._engine, model, [StreamId.parse(name) for name in settled]):
            start = settled[str(stream)]
            end = max(start, min(version, start + budget))
            budget, whole = budget - (end - start), whole and end >= version
            through[str(stream)] = end
            ids += (alert_id(stream, at, type_) for at in range(start + 1, end + 1) for type_ in _TYPES)
        found = (alert for alert in self._get(ids) if self._waits(alert, progress, told))
        return Late(tuple(found), through, whole)

    def unread(self, ids: Collection[str]) -> tuple[Alert, ...]:
        """Return those among `ids` that nobody has acknowledged, in that order. Strongly consistent."""
        return tuple(alert for alert in self._get(list(ids)) if not alert.read)

    def _waits(self, alert: Alert, progress: Progress, told: AbstractSet[bytes]) -> bool:
        wanted = alert.severity in self._severities and not alert.read and alert.timestamp >= progress.since
        return wanted and hashed(alert.id) not in told

    def _get(self, ids: Sequence[str]) -> list[Alert]:
        found: list[Alert] = []
        for place in range(0, len(ids), _PAGE):
            part = ids[place : place + _PAGE]
            documents = self._engine.store.models.get(self._engine.live(ALERTS), self._tenant, part)
            found += (_decode(documents[id_].body) for id_ in part if id_ in documents)
        return found
