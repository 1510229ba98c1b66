"""A place where alerts arise: an engine over any store, notifiers, and time that passes when it is told to."""

from collections.abc import Sequence
from datetime import timedelta

import httpx

from channels.notices.courier import Wishes
from channels.notices.notifier import Audience, Notifier
from channels.notices.posting import Webhook
from channels.notices.targets import Target
from processor.engine import Engine
from processor.log import Append
from processor.projection import Projection
from processor.store import Store
from projections import PROJECTIONS
from projections.alerts.documents import Alert
from projections.alerts.queries import AlertQueries
from stock.dispositions import Disposition, Severity
from stock.events import AlertAcknowledged
from stock.identities import sku, sku_stream
from tests.factories import a_return, stated
from tests.properties.program import Ailing, Bugs, Release
from tests.stores import FixedClock

SECRET = "0123456789abcdef-not-so-secret"  # noqa: S105 - one of a test
TENANT = "acme"
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DISPOSITIONS: dict[Severity, Disposition] = {
    "info": Disposition.UNSELLABLE,
    "warning": Disposition.CUSTOMER_DAMAGED,
    "critical": Disposition.WAREHOUSE_DAMAGED,
}


class Alarms:
    """The store outlives every notifier, as it does in life."""

    def __init__(self, store: Store, clock: FixedClock, http: httpx.Client) -> None:
        self.store, self.clock, self.http, self.bugs = store, clock, http, Bugs()
        folds: Sequence[Projection[object]] = PROJECTIONS  # type: ignore[assignment]
        self.engine = Engine(
            store,
            [Ailing(fold, self.bugs) for fold in folds],
            Release(self.bugs).decode,
            watch="inventory",
            clock=clock,
        )
        self.queries = AlertQueries(store.models, lambda: self.engine.live("alerts"))

    def webhook(self, url: str) -> Webhook:
        return Webhook(self.http, url, SECRET, self.clock)

    def notifier(self, *targets: Target, holder: str = "one", tenant: str = TENANT, **wishes: object) -> Notifier:
        """Return a notifier that has tended its targets once, and is so turned on."""
        wished = Wishes(**wishes)  # type: ignore[arg-type]
        return Notifier(self.engine, [Audience(tenant, targets, wished)], holder=holder, clock=self.clock)

    def on(self, *targets: Target, holder: str = "one", tenant: str = TENANT, **wishes: object) -> Notifier:
        notifier = self.notifier(*targets, holder=holder, tenant=tenant, **wishes)
        notifier.round()
        self.clock.advance(SECOND)
        return notifier

    def alert(self, *names: str, severity: Severity = "warning", tenant: str = TENANT, folded: bool = True) -> None:
        """Let something come back broken of each SKU; unless `folded`, nobody rings."""
        appends = [Append(sku_stream(tenant, sku(name)), (a_return(1, DISPOSITIONS[severity]),)) for name in names]
        if folded:
            for append in appends:
                self.engine.recorder.record([append])
        else:
            self.store.log.append(appends)

    def alerts(self, tenant: str = TENANT) -> list[Alert]:
        return self.queries.all(tenant, None, 1000)[0]

    def acknowledge(self, name: str) -> None:
        for alert in self.queries.of_sku(TENANT, sku(name))[0]:
            self.engine.recorder.record([Append(sku_stream(TENANT, sku(name)), (stated(AlertAcknowledged(alert.id)),))])

    def sweep(self, times: int = 1) -> None:
        for _ in range(times):
            self.engine.sweeper.sweep()

    def pass_(self, by: timedelta, *notifiers: Notifier, step: timedelta = timedelta(seconds=20)) -> None:
        """Let time pass while notifiers do their rounds, with a look every three."""
        rounds = max(1, round(by / step))
        for number in range(rounds):
            self.clock.advance(by / rounds)
            for notifier in notifiers:
                if number % 3 == 0:
                    notifier.look()
                notifier.round()
                notifier.round()  # a step may outlast a lease: the first round then lets go of it

    def rebuild(self, projection: str = "alerts") -> None:
        model = self.engine.rebuild.register(projection)
        self.clock.advance(MINUTE)
        for _ in self.engine.rebuild.fill(model):
            pass
        assert self.engine.rebuild.flip(model)
        self.clock.advance(MINUTE)
        assert self.engine.live(projection) == model

    def registers(self) -> dict[str, int]:
        """Return the notifier's registers and their sizes in bytes."""
        return {name: len(register.value) for name, register in self.store.registers.scan("notices/")}
