"""At the end of each sync: one delivery for every transition that the outbox does not know yet."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import duckdb
import orjson

from pipelines.derivation.freshness import LastDerivation, read_changed, read_whole_derivation
from pipelines.flow_builder import switches
from pipelines.flow_builder.customer import Customer
from pipelines.flow_builder.customer_log import History, Logged
from pipelines.flow_builder.delivery import Delivery, Key, Situation, situation_of
from pipelines.flow_builder.event import Office, body, office_of
from pipelines.flow_builder.failpoints import failpoint
from pipelines.flow_builder.outbox import checkpoints
from pipelines.flow_builder.outbox.gate_rows import write_facts
from pipelines.flow_builder.outbox.history_removal import remove_history
from pipelines.flow_builder.outbox.knowledge import OutboxKnowledge
from pipelines.flow_builder.outbox.locks import outboxes
from pipelines.flow_builder.outbox.writer import Count, OutboxWriter
from pipelines.flow_builder.policy import decide
from pipelines.flow_builder.scope import Scope, scope
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.transition_log import Known, TransitionLog, Turned
from pipelines.operations import Connection, open_operations, transaction
from pipelines.readings import Reading
from pipelines.settings import Settings
from pipelines.tenants import directory

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
    """What one sync wrote. ``not_sent`` counts by reason; ``canceled`` sends told what is no longer so. ``elsewhere``:
    of own tenants that another shard of the database tells, its schema; nothing was written of them."""

    sent: int = 0
    corrected: int = 0
    moved: int = 0
    held: int = 0
    canceled: int = 0
    not_sent: dict[str, int] = field(default_factory=dict)
    elsewhere: dict[int, str] = field(default_factory=dict)


def enqueue(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    now: datetime,
    *,
    readings: Mapping[int, Reading] | None = None,
    start_over: bool = False,
) -> Enqueued:
    """One transaction. ``now`` is the run's clock; ``readings``: how far each tenant was read, without them to the end
    and just now; ``start_over`` takes all that the outbox does not know as told.

    Raises `OutboxLost`, and `pipelines.operations.OperationsError`.
    """
    log, derivation = TransitionLog(con), read_whole_derivation(con)
    with open_operations(settings.operations) as operations:
        seen = look(log, operations, derivation, lambda: read_changed(con))
        readings = {one: Reading(now, now) for one in seen.tenants} if readings is None else readings
        enqueued = Enqueued()
        if not start_over and is_idle(seen, operations, settings):
            with transaction(operations):
                checkpoints.note_readings(operations, seen.tenants, readings, now)
        else:
            with transaction(operations, *outboxes(seen.tenants)):
                tenants = directory.all(settings, operations)
                switches.begin(operations, tenants, now)
                failpoint("enqueue.begun")
                begins = {*seen.tenants} - checkpoints.checkpoints(operations).keys()
                elsewhere = checkpoints.told_elsewhere(operations, begins)
                own = seen.without(elsewhere)
                enqueued = EnqueueRun(log, operations, own, settings, now, readings, start_over).write()
                both = {one.id: elsewhere[one.id] for one in tenants if one.id in elsewhere}
                enqueued = replace(enqueued, elsewhere=both)
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


def is_idle(seen: Scope, operations: Connection, settings: Settings) -> bool:
    """No log has changed since it was looked at, no switch, and no delivery; and none is still to be sent."""
    knowledge = OutboxKnowledge(operations)
    return not (
        seen.whole
        or seen.behind
        or knowledge.turned(seen.tenants)
        or knowledge.unfinished(seen.tenants)
        or switched(operations, settings, seen.tenants)
    )


def switched(operations: Connection, settings: Settings, tenants: Iterable[int]) -> list[int]:
    """The tenants that went into shadow, or came out of it."""
    then, now = checkpoints.in_shadow_then(operations), switches.in_shadow(operations, settings)
    return [one for one in tenants if then.get(one, False) != now.get(one, False)]


class EnqueueRun:
    """One sync's part in the outbox, inside a transaction that the caller holds."""

    def __init__(
        self,
        log: TransitionLog,
        operations: Connection,
        seen: Scope,
        settings: Settings,
        now: datetime,
        readings: Mapping[int, Reading],
        start_over: bool = False,
    ) -> None:
        self.log = log
        self.operations = operations
        self.knowledge = OutboxKnowledge(operations)
        self.writer = OutboxWriter(operations)
        self.scope = seen
        self.settings = settings
        self.now = now
        self.readings = readings
        self.start_over = start_over
        self.shadow = switches.in_shadow(operations, settings)
        self.tenants = {one.id: one for one in directory.all(settings, operations)}
        self.canceled = 0

    def write(self) -> Enqueued:
        log, writer = self.log, self.writer
        if not self.start_over:
            self.refuse_if_lost()
        since = writer.last_sequence()
        log.look_at(self.scope.whole, self.scope.changed)
        turned = log.compare(self.known())
        if self.start_over:
            writer.add_past(log.past(), self.now)
            log.forget_news()
        asked, done = self.whom(turned), set[Key]()
        while batch := sorted(asked - done)[:CUSTOMERS_BATCH]:
            asked |= self.decide(batch)
            done |= {*batch}
        writer.hold(self.scope.tenants, since, self.settings.flow_builder_hold_above, self.now)
        writer.note_told(self.scope.tenants)
        checkpoints.note(
            self.operations, self.scope.tenants, self.scope.derivation_id, self.now, self.readings, self.shadow
        )
        return enqueued(writer.counts(self.scope.tenants, since), self.canceled)

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

    def whom(self, turned: Sequence[Turned]) -> set[Key]:
        """Whose transitions, facts, deliveries or switch changed since the last enqueue, and who has a row that is not
        finished."""
        log, knowledge, scope = self.log, self.knowledge, self.scope
        switched_ones = switched(self.operations, self.settings, scope.tenants)
        return {
            *log.customers_with_news(),
            *(one.key for one in turned if one.key),
            *knowledge.of_transitions([one.transition_id for one in turned]),
            *knowledge.with_rows(scope.changed),
            *knowledge.turned(scope.tenants),
            *knowledge.unfinished(scope.tenants),
            *log.disagreeing(knowledge.told_states(scope.whole)),
            *log.with_other_facts(knowledge.digests(scope.whole)),
            *(key for tenant_id in switched_ones for key in knowledge.told(tenant_id)),
        }

    def decide(self, keys: Sequence[Key]) -> set[Key]:
        """Writes what this sync makes of these customers. Returns whose the transitions of their rows are by now."""
        histories, facts = [*self.log.histories(keys)], self.log.facts(keys)
        about = {one.transition_id for history in histories for one in history.transitions}
        rows = self.knowledge.rows(keys, about)
        owners = self.log.owners(sorted({row.transition_id for row in rows if row.transition_id}))
        written, decided = list[tuple[Delivery, bytes | None]](), list[Customer]()
        by_key, by_transition = grouped(rows)
        for history in histories:
            known = rows_of(history, by_key, by_transition)
            customer = customer_of(history, facts[history.key], known, owners)
            after = decide(customer, self.situation(history.key.tenant_id))
            written += self.with_bodies(customer, after)
            decided.append(replace(customer, rows=after))
        self.writer.write(written, self.now)
        write_facts(self.operations, decided, facts)
        return {key for key in owners.values() if key.tenant_id in self.scope.tenants}

    def with_bodies(self, customer: Customer, after: Sequence[Delivery]) -> Iterator[tuple[Delivery, bytes | None]]:
        """The rows that are new, or other than they were."""
        before = {row.webhook_id: row for row in customer.rows}
        flows = {str(row.transition_id): row.flow_name for row in after if row.kind == "changed" and row.flow_name}
        told = {row.webhook_id: row for row in after}
        for row in after:
            text, known = None, before.get(row.webhook_id)
            if row.transition_id in customer.elsewhere and row == known:
                continue  # whose it is now decides about it
            waited = row.sequence is None or (known is not None and known.is_waiting)
            if row.is_waiting or (row.reason == "shadow" and waited):
                facts = customer.facts[row.transition_id]
                text = body(
                    row, facts, self.office(row.key.tenant_id), self.now, flows=flows, told=told.get(row.follows or "")
                )
            self.canceled += known is not None and known.status != row.status == Status.CANCELED
            if row != known or (text and not self.is_same(text, row.webhook_id)):
                yield row, text

    def is_same(self, text: bytes, webhook_id: str) -> bool:
        """But for the moment at which it was written."""
        before = self.writer.body(webhook_id)
        return before is not None and orjson.loads(before)["data"] == orjson.loads(text)["data"]

    def situation(self, tenant_id: int) -> Situation:
        reading = self.readings.get(tenant_id)
        return situation_of(
            self.settings,
            self.now,
            is_shadow=self.shadow.get(tenant_id, False),
            whole_from=reading.whole_from if reading else None,
        )

    def office(self, tenant_id: int) -> Office:
        return office_of(self.settings, self.tenants.get(tenant_id))


def customer_of(
    history: History, logged: Mapping[str | None, Logged], rows: Sequence[Delivery], owners: Mapping[str, Key]
) -> Customer:
    ids = {str(row.transition_id) for row in rows}
    return Customer(
        history.key,
        history.is_active,
        history.is_alias,
        history.transitions,
        {one: each.facts for one, each in logged.items()},
        rows,
        {one for one in ids & owners.keys() if owners[one] != history.key},
    )


def grouped(rows: Sequence[Delivery]) -> tuple[dict[Key, list[Delivery]], dict[str, list[Delivery]]]:
    """By whom they name, and by what they are about."""
    by_key, by_transition = defaultdict[Key, list[Delivery]](list), defaultdict[str, list[Delivery]](list)
    for row in rows:
        by_key[row.key].append(row)
        if row.transition_id:
            by_transition[row.transition_id].append(row)
    return by_key, by_transition


def rows_of(
    history: History, by_key: Mapping[Key, list[Delivery]], by_transition: Mapping[str, list[Delivery]]
) -> list[Delivery]:
    """Those that name the customer, and those about the customer's transitions, in the order in which they leave."""
    ids = [one.transition_id for one in history.transitions]
    found = [*by_key.get(history.key, ()), *(row for one in ids for row in by_transition.get(one, ()))]
    return sorted({row.sequence: row for row in found}.values(), key=lambda row: row.sequence or 0)


def enqueued(counts: Sequence[Count], canceled: int) -> Enqueued:
    sends = [count for count in counts if count.status in (Status.PENDING, Status.HELD)]
    return Enqueued(
        sent=sum(count.rows for count in sends if count.kind == "changed"),
        corrected=sum(count.rows for count in sends if count.kind == "corrected"),
        moved=sum(count.rows for count in sends if count.kind == "moved"),
        held=sum(count.rows for count in sends if count.status == Status.HELD),
        canceled=canceled,
        not_sent={str(count.reason): count.rows for count in counts if count.status == Status.NOT_SENT},
    )
