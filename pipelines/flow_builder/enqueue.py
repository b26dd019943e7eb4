"""At the end of each sync: one delivery for every transition that the outbox does not know yet."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import duckdb

from pipelines.derivation.freshness import LastDerivation, read_changed, read_whole_derivation
from pipelines.flow_builder.event import body
from pipelines.flow_builder.failpoints import failpoint
from pipelines.flow_builder.outbox import checkpoints
from pipelines.flow_builder.outbox.history_removal import remove_history
from pipelines.flow_builder.outbox.knowledge import OutboxKnowledge
from pipelines.flow_builder.outbox.writer import Count, OutboxRow, OutboxWriter
from pipelines.flow_builder.policy import Rules, plan
from pipelines.flow_builder.scope import Scope, scope
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.transition_log import Key, Known, TransitionLog
from pipelines.operations import Connection, open_operations, stamp, transaction
from pipelines.settings import Settings

CUSTOMERS_BATCH = 20_000  # bounds the memory
LOST = (
    "the outbox knows nothing of tenant {tenants}, and {count} transitions in the log were news to earlier runs:"
    " operations.sqlite was lost or replaced. Nothing was enqueued. Put its back-up in place and run sync again; or, if"
    " there is none, run `servicetitan-flow sync --start-over`, which takes all that the outbox does not know as told"
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
    """One transaction. ``now`` is the run's clock; ``start_over`` takes all that the outbox does not know as told.

    Raises `OutboxLost`, and `pipelines.operations.OperationsError`.
    """
    log, derivation = TransitionLog(con), read_whole_derivation(con)
    with open_operations(settings.operations) as operations:
        seen = look(log, operations, derivation, lambda: read_changed(con))
        enqueued = Enqueued()
        if start_over or not is_idle(seen, operations):
            with transaction(operations):
                failpoint("enqueue.begun")
                enqueued = EnqueueRun(log, operations, seen, settings, now, start_over).write()
                failpoint("enqueue.written")
            failpoint("enqueue.committed")
        remove_history(log, operations, settings.operations)
    return enqueued


def look(
    log: TransitionLog,
    operations: Connection,
    derivation: LastDerivation | None,
    changed: Callable[[], Iterable[tuple[int, int]]],
) -> Scope:
    """What there is to look at."""
    return scope(log.baselines(), checkpoints.checkpoints(operations), derivation, changed)


def is_idle(seen: Scope, operations: Connection) -> bool:
    """No log has changed since it was looked at, and no delivery tells another state than then."""
    return not (seen.whole or seen.behind or OutboxKnowledge(operations).turned(seen.tenants))


class EnqueueRun:
    """One sync's part in the outbox, inside a transaction that the caller holds."""

    def __init__(
        self,
        log: TransitionLog,
        operations: Connection,
        seen: Scope,
        settings: Settings,
        now: datetime,
        start_over: bool = False,
    ) -> None:
        self.log = log
        self.operations = operations
        self.knowledge = OutboxKnowledge(operations)
        self.writer = OutboxWriter(operations)
        self.scope = seen
        self.settings = settings
        self.now = now
        self.start_over = start_over
        max_age = timedelta(hours=settings.flow_builder_max_age_hours)
        self.rules = Rules(max_age, skip_superseded=settings.flow_builder_superseded == "skip")

    def write(self) -> Enqueued:
        log, writer, knowledge = self.log, self.writer, self.knowledge
        if not self.start_over:
            self.refuse_if_lost()
        since = writer.last_sequence()
        log.look_at(self.scope.whole, self.scope.changed)
        turned = log.compare(self.known())
        writer.mark(turned)
        gone = [one.transition_id for one in turned if one.stood and not one.stands]
        gone += log.gone(knowledge.corrected(self.scope.whole, self.scope.changed))
        canceled = writer.cancel(gone)
        if self.start_over:
            writer.add_past(log.past(), self.now)
            log.forget_news()
        news = {*canceled, *(one.key for one in turned if one.key and one.stood != one.stands)}
        customers = sorted({*news, *log.customers_with_news(), *self.disagreeing()})
        for start in range(0, len(customers), CUSTOMERS_BATCH):
            writer.add(self.planned(customers[start : start + CUSTOMERS_BATCH]), self.now)
        writer.hold(since, self.settings.flow_builder_hold_above)
        writer.note_told(self.scope.tenants)
        checkpoints.note(self.operations, self.scope.tenants, self.scope.derivation_id, stamp(self.now))
        return enqueued(writer.counts(since), len(canceled))

    def refuse_if_lost(self) -> None:
        known = checkpoints.checkpoints(self.operations)
        strange = [tenant_id for tenant_id in self.scope.whole if tenant_id not in known]
        if lost := strange and self.log.earlier_news(self.now, strange):
            tenants = ", ".join(str(tenant_id) for tenant_id in sorted(lost))
            raise OutboxLost(LOST.format(tenants=tenants, count=sum(lost.values())))

    def known(self) -> Iterator[Known]:
        """What the outbox knows of what is looked at."""
        for tenant_id in self.scope.whole:
            yield from self.knowledge.of_tenant(tenant_id)
        if self.scope.changed:
            yield from self.knowledge.among(self.log.ids())

    def disagreeing(self) -> set[Key]:
        """Who was told another state than theirs: nobody else's can have come apart since the last enqueue."""
        suspects = self.scope.changed | self.knowledge.turned(self.scope.others)
        told = {key: one.state for key, one in self.knowledge.told(suspects).items()}
        return self.log.disagreeing(self.knowledge.told_states(self.scope.whole) | told)

    def planned(self, keys: Sequence[Key]) -> list[OutboxRow]:
        histories, told = list(self.log.histories(keys)), self.knowledge.told(keys)
        standing = {one.transition_id for history in histories for one in history.transitions if one.stands}
        asked = {one.transition_id for one in told.values() if one.transition_id} - standing
        standing |= self.log.standing(sorted(asked))
        recipients = self.knowledge.recipients(histories, told, frozenset(standing))
        return self.with_bodies(
            [
                OutboxRow(history.key, delivery)
                for history, recipient in zip(histories, recipients, strict=True)
                for delivery in plan(recipient, self.rules)
            ]
        )

    def with_bodies(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        sends = [row for row in rows if row.has_body]
        asked = [(*send.key, send.transition_id) for send in sends]
        facts = self.log.facts(asked, self.settings.flow_builder_include_contact)
        with_facts = zip(sends, facts, strict=True)
        bodies = iter([body(replace(send.planned, reason=None), fact, self.now) for send, fact in with_facts])
        return [replace(row, body=next(bodies)) if row.has_body else row for row in rows]


def enqueued(counts: Sequence[Count], canceled: int) -> Enqueued:
    sends = [count for count in counts if count.status in (Status.PENDING, Status.HELD)]
    return Enqueued(
        sent=sum(count.rows for count in sends if count.kind == "changed"),
        corrected=sum(count.rows for count in sends if count.kind == "corrected"),
        held=sum(count.rows for count in sends if count.status == Status.HELD),
        canceled=canceled,
        not_sent={str(count.reason): count.rows for count in counts if count.status == Status.NOT_SENT},
    )
