"""What a monitoring system reads: counters of this process, and how the store stands. No name of any tenant."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Seconds: answers are meant to come within the first of them."""

_COUNTERS = {
    "events_appended": "events that this process appended",
    "notices_given_up": "messages about alerts that were given up, of all tenants",
}
_GAUGES = {
    "queue": "requests that wait for a commit",
    "due_broadcasts": "SKUs of the caller that Amazon is to be told about, up to 10,000",
    "dead_letters": "records from outside that could not be taken, kept for the caller, up to 10,000",
    "unread_alerts": "alerts of the caller that nobody has read, up to 10,000",
    "quarantined_pairs": "streams at which a projection stopped, of all tenants",
    "sweeper_running": "1 where the sweeper runs",
}


class Metrics:
    """The requests of one application, by route and status."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            "syncstate_http_requests", "requests answered", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "syncstate_http_request_seconds",
            "how long answers took",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self._registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. `route` is a route's pattern, so that there are few."""
        counted = self._counted.get((method, route, status))
        if counted is None:
            counted = self._requests.labels(method, route, str(status)), self._seconds.labels(method, route)
            self._counted[method, route, status] = counted
        counted[0].inc()
        counted[1].observe(seconds)

    def text(self, counters: Mapping[str, int], gauges: Mapping[str, int], lagging: Mapping[str, int | None]) -> bytes:
        """Return all of it, with values of the moment, in Prometheus's text format."""
        now = CollectorRegistry()
        now.register(_Now(counters, gauges, lagging))
        return generate_latest(self._registry) + generate_latest(now)


class _Now(Collector):
    """Values of the moment."""

    def __init__(
        self, counters: Mapping[str, int], gauges: Mapping[str, int], lagging: Mapping[str, int | None]
    ) -> None:
        self._counters, self._gauges, self._lagging = counters, gauges, lagging

    def collect(self) -> Iterator[Metric]:
        """Yield each value."""
        for name, value in self._counters.items():
            yield CounterMetricFamily(f"syncstate_{name}", _COUNTERS[name], value)
        for name, value in self._gauges.items():
            yield GaugeMetricFamily(f"syncstate_{name}", _GAUGES[name], value)
        lag = GaugeMetricFamily(
            "syncstate_lagging_streams", "streams a projection has yet to fold, up to 10,000", labels=("projection",)
        )
        for projection, streams in self._lagging.items():
            if streams is not None:
                lag.add_metric((projection,), streams)
        yield lag
