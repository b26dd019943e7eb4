"""At the end of each sync: one delivery for every transition that the outbox does not know yet."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import duckdb

from pipelines.flow_builder.event import body
from pipelines.flow_builder.failpoints import failpoint
from pipelines.flow_builder.outbox.writer import Count, OutboxRow, OutboxWriter
from pipelines.flow_builder.policy import Rules, plan
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.transition_log import Key, LogDiff, TransitionLog
from pipelines.operations import open_operations, transaction
from pipelines.settings import Settings

CUSTOMERS_BATCH = 20_000  # bounds the memory
LOST = (
    "the outbox knows none of the {new} transitions in the log, {count} of which were there for earlier runs:"
    " operations.sqlite was lost or replaced. Nothing was enqueued. Put its back-up in place and run sync again; or, if"
    " there is none, run `servicetitan-flow sync --start-over`, which takes all of them as told"
)


class OutboxLost(Exception):
    """The log was told before, and the outbox knows nothing of it."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What one sync wrote. ``not_sent`` counts by reason; ``canceled`` sends told of what stands no longer."""

    sent: int = 0
    corrected: int = 0
    held: int = 0
    canceled: int = 0
    not_sent: dict[str, int] = field(default_factory=dict)


def enqueue(con: duckdb.DuckDBPyConnection, settings: Settings, now: datetime, *, start_over: bool = False) -> Enqueued:
    """One transaction. ``now`` is the run's clock; ``start_over`` takes all that the outbox does not know as baseline.

    Raises `OutboxLost`, and `pipelines.operations.OperationsError`.
    """
    log = TransitionLog(con)
    with open_operations(settings.operations) as operations:
        writer = OutboxWriter(operations)
        if is_idle(log, writer):
            return Enqueued()
        with transaction(operations):
            failpoint("enqueue.begun")
            enqueued = EnqueueRun(log, writer, settings, now, start_over).write()
            failpoint("enqueue.written")
        failpoint("enqueue.committed")
    return enqueued


def is_idle(log: TransitionLog, writer: OutboxWriter) -> bool:
    """The log is as the last enqueue left it, and every customer was told their state."""
    mark = writer.mark()
    if mark is None or mark.sequence != writer.last_sequence() or mark.fingerprint != log.fingerprint():
        return False
    return not log.disagreeing(writer.told_states())


class EnqueueRun:
    """One sync's part in the outbox, inside a transaction that the caller holds."""

    def __init__(
        self, log: TransitionLog, writer: OutboxWriter, settings: Settings, now: datetime, start_over: bool = False
    ) -> None:
        self.log = log
        self.writer = writer
        self.settings = settings
        self.now = now
        self.start_over = start_over
        max_age = timedelta(hours=settings.flow_builder_max_age_hours)
        self.rules = Rules(max_age, skip_superseded=settings.flow_builder_superseded == "skip")

    def write(self) -> Enqueued:
        log, writer = self.log, self.writer
        since = writer.last_sequence()
        news = log.compare(writer.known(stands=True), writer.known(stands=False), self.start_over)
        if not self.start_over:
            self.refuse_if_lost(news)
        canceled = writer.mark_standing(news.turned, log.baselines())
        writer.add_past(log.past(), self.now)
        told = writer.told_states()
        customers = sorted({*canceled, *log.customers_with_news(), *log.disagreeing(told)})
        for start in range(0, len(customers), CUSTOMERS_BATCH):
            writer.add(self.planned(customers[start : start + CUSTOMERS_BATCH], told), self.now)
        writer.hold(since, self.settings.flow_builder_hold_above)
        writer.set_mark(log.fingerprint(), self.now)
        return enqueued(writer.counts(since), len(canceled))

    def refuse_if_lost(self, news: LogDiff) -> None:
        if not news.new or news.new < self.log.size():
            return
        mark = self.writer.mark()
        if count := self.log.news_until(mark.read_at if mark else self.now - timedelta(microseconds=1)):
            raise OutboxLost(LOST.format(new=news.new, count=count))

    def planned(self, keys: Sequence[Key], told: Container[Key]) -> list[OutboxRow]:
        histories = list(self.log.histories(keys))
        customers = self.writer.customers(histories, told)
        return self.with_bodies(
            [
                OutboxRow(history.key, delivery)
                for history, customer in zip(histories, customers, strict=True)
                for delivery in plan(customer, self.rules)
            ]
        )

    def with_bodies(self, writer: Sequence[OutboxRow]) -> list[OutboxRow]:
        sends = [entry for entry in writer if entry.is_sent]
        asked = [(*send.key, send.transition_id) for send in sends]
        facts = self.log.facts(asked, self.settings.flow_builder_include_contact)
        with_facts = zip(sends, facts, strict=True)
        bodies = iter([body(send.planned, fact, self.now) for send, fact in with_facts])
        return [replace(entry, body=next(bodies)) if entry.is_sent else entry for entry in writer]


def enqueued(counts: Sequence[Count], canceled: int) -> Enqueued:
    sends = [count for count in counts if count.status in (Status.PENDING, Status.HELD)]
    return Enqueued(
        sent=sum(count.rows for count in sends if count.kind == "changed"),
        corrected=sum(count.rows for count in sends if count.kind == "corrected"),
        held=sum(count.rows for count in sends if count.status == Status.HELD),
        canceled=canceled,
        not_sent={str(count.reason): count.rows for count in counts if count.status == Status.NOT_SENT},
    )
