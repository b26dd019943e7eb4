"""Figures for Prometheus: what the API answers, and what stands in the operations store. No personal data; what labels
may say is bounded by the routes, the tenants and the statuses."""

import threading
import time
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipelines.actions.inbound_leads.queue import leads_by_status
from pipelines.clock import Clock
from pipelines.flow_builder.outbox.figures import by_status, ended_attempts, newest_attempt
from pipelines.flow_builder.outbox.queries import outbox_health
from pipelines.operations import Connection, open_operations
from pipelines.servicetitan.sync_status import last_complete, readings
from pipelines.settings import Settings
from pipelines.tenants import directory

METHODS = {"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"}
disable_created_metrics()  # type: ignore[no-untyped-call]  # a line more for each counter
KEPT_SECONDS = 1.0  # anybody may ask: the store is read no more often


class Metrics:
    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._registry = CollectorRegistry()
        self._store = StoreFigures(settings, clock, self._registry)
        self._registry.register(self._store)
        self._requests = Counter(
            "servicetitan_flow_requests", "Answered by the API", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "servicetitan_flow_request_seconds", "Until the answer", ["method", "route"], registry=self._registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """``route``: its template."""
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """Raises `pipelines.operations.OperationsError`."""
        self._store.refresh()
        return generate_latest(self._registry)


class StoreFigures(Collector):
    """Attempts are made by other processes: those that ended since this one started are counted here."""

    def __init__(self, settings: Settings, clock: Clock, registry: CollectorRegistry) -> None:
        self._settings, self._clock = settings, clock
        self._lock, self._read_at = threading.Lock(), float("-inf")
        self._found: list[Metric] = []
        self._attempts = Histogram(
            "servicetitan_flow_attempt_seconds", "Attempts to deliver, by their answer", ["answer"], registry=registry
        )
        with open_operations(settings.operations) as con:
            self._newest_attempt = newest_attempt(con)

    def refresh(self) -> None:
        with self._lock:
            if time.monotonic() - self._read_at >= KEPT_SECONDS:
                self._found = [*self._syncs(), *self._outbox()]
                self._read_at = time.monotonic()

    def collect(self) -> list[Metric]:
        return self._found

    def _syncs(self) -> Iterator[Metric]:
        now, tenants = self._clock(), directory.all(self._settings)
        whole, asked = last_complete(self._settings.operations), readings(self._settings.operations)
        ended = {tenant.name: whole[tenant.id] for tenant in tenants if tenant.id in whole}
        began = {tenant.name: asked[tenant.id].asked_at for tenant in tenants if tenant.id in asked}
        yield gauges(
            "last_sync_timestamp_seconds",
            "When the newest sync that asked the tenant began",
            "tenant",
            {name: moment.timestamp() for name, moment in began.items()},
        )
        yield gauges(
            "last_complete_sync_timestamp_seconds",
            "When the tenant was last read to its end",
            "tenant",
            {name: moment.timestamp() for name, moment in ended.items()},
        )
        yield gauges(
            "last_complete_sync_age_seconds",
            "Since the tenant was last read to its end",
            "tenant",
            {name: (now - moment).total_seconds() for name, moment in ended.items()},
        )

    def _outbox(self) -> Iterator[Metric]:
        health = outbox_health(self._settings.operations, self._clock())
        yield gauge("deliveries_overdue", "Due for 15 minutes and still there", health.overdue)
        yield gauge("endpoint_down", "1: Flow Builder's endpoint is down", int(health.endpoint.down_since is not None))
        with open_operations(self._settings.operations) as con:
            self._observe_attempts(con)
            yield gauges("deliveries", "Rows of the outbox", "status", by_status(con))
            yield gauges("inbound_leads", "Leads from web forms", "status", leads_by_status(con))

    def _observe_attempts(self, con: Connection) -> None:
        self._newest_attempt = min(self._newest_attempt, newest_attempt(con))  # less after a restore
        for attempt in ended_attempts(con, self._newest_attempt, self._clock()):
            self._attempts.labels(attempt.answer).observe(attempt.seconds)
            self._newest_attempt = attempt.attempt_id


def gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"servicetitan_flow_{name}", about, value)


def gauges(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    found = GaugeMetricFamily(f"servicetitan_flow_{name}", about, labels=[label])
    for each, value in values.items():
        found.add_metric([each], value)
    return found
