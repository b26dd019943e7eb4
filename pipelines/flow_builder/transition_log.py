"""The transition log as the warehouse holds it, read for the outbox.

Only tenants whose baseline stands are looked at: until then nothing of a tenant is sent. Works on temporary tables
of the connection that is passed in, all named ``enqueue_…``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from pipelines.flow_builder.event import EventFacts
from pipelines.flow_builder.event_facts import Send, read_facts
from pipelines.flow_builder.policy import Transition

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ID_BYTES = 32
ROWS_BATCH = 50_000

LOG = """
    select
        tenant_id,
        servicetitan_customer_id as customer_id,
        transition_id,
        is_baseline,
        retracted_at is null as stands
    from marts.customer_state_transitions
    semi join marts.tenant_baselines using (tenant_id)
"""

FINGERPRINT = f"select count(*) || ':' || coalesce(sum(hash(transition_id, stands)), 0) from ({LOG})"

COMPARE = f"""
    create or replace temp table enqueue_news as
    select
        log.tenant_id,
        log.customer_id,
        coalesce(log.transition_id, decode(known.id)) as transition_id,
        coalesce(log.stands, false) as stands,
        known.id is null as is_new,
        known.id is null and (log.is_baseline or ?) as is_past
    from ({LOG}) as log
    full join enqueue_known as known on encode(log.transition_id) = known.id
    where known.id is null or coalesce(log.stands, false) != known.stands
"""

PAST = """
    select
        log.transition_id,
        log.tenant_id,
        log.servicetitan_customer_id,
        log.to_state::double,
        strftime(log.occurred_at at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'),
        news.stands
    from marts.customer_state_transitions as log
    inner join enqueue_news as news on log.transition_id = news.transition_id
    where news.is_past
    order by log.transition_id -- so that the outbox's indexes grow at their ends
"""

EARLIER_NEWS = """
    select count(*) from marts.customer_state_transitions
    semi join marts.tenant_baselines using (tenant_id)
    where not is_baseline and detected_at <= ?
"""

DISAGREEING = """
    select told.tenant_id, told.customer_id
    from enqueue_told as told
    semi join marts.tenant_baselines as baselines on told.tenant_id = baselines.tenant_id
    inner join marts.customer_servicetitan_state as state
        on told.tenant_id = state.tenant_id and told.customer_id = state.servicetitan_customer_id
    where told.state != state.current_state::double and coalesce(state.customer_is_active, true)
"""

HISTORIES = """
    with log as (
        select * from marts.customer_state_transitions as log
        semi join enqueue_asked as asked
            on log.tenant_id = asked.tenant_id and log.servicetitan_customer_id = asked.customer_id
        where log.retracted_at is null
            or log.transition_id in (select transition_id from enqueue_news where is_new and not is_past)
    )

    select
        asked.tenant_id,
        asked.customer_id,
        state.servicetitan_customer_id is not null and coalesce(state.customer_is_active, true) as is_active,
        log.transition_id,
        log.to_state::double,
        log.flow_name,
        epoch_us(log.occurred_at),
        epoch_us(log.detected_at),
        log.retracted_at is null,
        coalesce(log.is_baseline, false)
    from enqueue_asked as asked
    left join log on asked.tenant_id = log.tenant_id and asked.customer_id = log.servicetitan_customer_id
    left join marts.customer_servicetitan_state as state
        on asked.tenant_id = state.tenant_id and asked.customer_id = state.servicetitan_customer_id
    order by asked.tenant_id, asked.customer_id, log.position, log.occurred_at, log.transition_id
"""


class Key(NamedTuple):
    """One customer of one tenant."""

    tenant_id: int
    customer_id: int


class BaselineRow(NamedTuple):
    """One transition that is not to be told."""

    transition_id: str
    tenant_id: int
    customer_id: int
    to_state: float
    occurred_at: str
    stands: bool


@dataclass(frozen=True, slots=True)
class History:
    """One customer of the log: what stands, and what the outbox does not know, in the fold's order."""

    key: Key
    is_active: bool
    transitions: Sequence[Transition]


@dataclass(frozen=True, slots=True)
class LogDiff:
    """Where the log and the outbox differ. ``turned``: known transitions, and whether they stand now."""

    new: int
    turned: dict[str, bool]


class TransitionLog:
    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

    def fingerprint(self) -> str:
        """Equal for equal sets of transitions that stand and that are retracted, with one release of DuckDB."""
        return str(self.one(FINGERPRINT))

    def baselines(self) -> list[int]:
        return [row[0] for row in self.con.execute("select tenant_id from marts.tenant_baselines").fetchall()]

    def size(self) -> int:
        return int(self.one(f"select count(*) from ({LOG})"))

    def news_until(self, moment: datetime) -> int:
        """Transitions that are no baseline and were detected at or before that moment."""
        return int(self.one(EARLIER_NEWS, [moment]))

    def compare(self, standing: bytes, gone: bytes, all_is_past: bool) -> LogDiff:
        """``standing`` and ``gone``: the ids that the outbox knows, one after the other, by what it last saw.

        What is new and of the baseline is past, and, where the outbox starts over, all that is new.
        """
        self.register("enqueue_known", pa.concat_tables([known(standing, True), known(gone, False)]))
        self.con.execute(COMPARE, [all_is_past])
        turned = self.con.execute("select transition_id, stands from enqueue_news where not is_new").fetchall()
        return LogDiff(int(self.one("select count(*) from enqueue_news where is_new")), dict(turned))

    def past(self) -> Iterator[BaselineRow]:
        self.con.execute(PAST)
        while rows := self.con.fetchmany(ROWS_BATCH):
            yield from (BaselineRow(*row) for row in rows)

    def customers_with_news(self) -> set[Key]:
        rows = self.con.execute(
            "select distinct tenant_id, customer_id from enqueue_news where tenant_id is not null and not is_past"
        ).fetchall()
        return {Key(*row) for row in rows}

    def disagreeing(self, told: Mapping[Key, float]) -> set[Key]:
        """The active customers whose state is another than the one that was told last."""
        states = pa.array(told.values(), pa.float64())
        self.register("enqueue_told", customers(list(told)).append_column("state", states))
        return {Key(*row) for row in self.con.execute(DISAGREEING).fetchall()}

    def histories(self, keys: Sequence[Key]) -> Iterator[History]:
        self.register("enqueue_asked", customers(keys))
        rows = self.con.execute(HISTORIES).fetchall()
        for (tenant_id, customer_id, is_active), group in groupby(rows, itemgetter(0, 1, 2)):
            transitions = [transition(*row[3:]) for row in group if row[3] is not None]
            yield History(Key(tenant_id, customer_id), is_active, transitions)

    def facts(self, sends: Sequence[Send], include_contact: bool) -> Iterator[EventFacts]:
        return read_facts(self.con, sends, include_contact)

    def register(self, name: str, table: pa.Table) -> None:
        self.con.register(name, table)

    def one(self, query: str, parameters: list[Any] | None = None) -> Any:
        row = self.con.execute(query, parameters).fetchone()
        return row and row[0]


def known(ids: bytes, stands: bool) -> pa.Table:
    count = len(ids) // ID_BYTES
    column = pa.FixedSizeBinaryArray.from_buffers(pa.binary(ID_BYTES), count, [None, pa.py_buffer(ids)])
    return pa.table({"id": column, "stands": pa.repeat(pa.scalar(stands), count)})


def customers(keys: Sequence[Key]) -> pa.Table:
    return pa.table(
        {
            "tenant_id": pa.array([key.tenant_id for key in keys], pa.int64()),
            "customer_id": pa.array([key.customer_id for key in keys], pa.int64()),
        }
    )


def transition(
    transition_id: str,
    to_state: float,
    flow_name: str | None,
    occurred_us: int,
    detected_us: int,
    stands: bool,
    is_baseline: bool,
) -> Transition:
    return Transition(
        transition_id,
        to_state,
        flow_name,
        EPOCH + timedelta(microseconds=occurred_us),
        EPOCH + timedelta(microseconds=detected_us),
        stands,
        known=is_baseline,
    )
