"""The transition log as the warehouse holds it, compared with what the outbox knows.

Only tenants whose baseline stands are looked at: until then nothing of a tenant is sent. Works on temporary tables
of the connection that is passed in, all named ``enqueue_…``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa

from pipelines.flow_builder.customer_log import CustomerLog, customers, ids_table
from pipelines.flow_builder.delivery import Key

ID_BYTES = 32
ROWS_BATCH = 50_000

# What is looked at: of some tenants all, of the others some customers'.
LOG = """
    select
        tenant_id,
        servicetitan_customer_id as customer_id,
        transition_id,
        is_baseline,
        retracted_at is null as stands
    from marts.customer_state_transitions
"""
IN_SCOPE = f"""
    {LOG} semi join enqueue_whole using (tenant_id)
    union all
    {LOG} as log semi join enqueue_changed as changed
        on log.tenant_id = changed.tenant_id and log.servicetitan_customer_id = changed.customer_id
"""

SIZE = """
    select count(*) from marts.customer_state_transitions semi join marts.tenant_baselines using (tenant_id)
    where not is_baseline
"""

NEWS = """
    create or replace temp table enqueue_news as
    select log.tenant_id, log.customer_id, log.transition_id
    from {log} as log
    anti join enqueue_known as known on encode(log.transition_id) = known.id
    where not log.is_baseline
"""

TURNED = """
    select
        decode(known.id),
        log.tenant_id,
        log.customer_id,
        known.stands,
        coalesce(log.stands, false),
        coalesce(log.stands and log.transition_id = state.last_transition_id, false) as is_newest_now
    from enqueue_known as known
    left join {log} as log on known.id = encode(log.transition_id)
    left join marts.customer_servicetitan_state as state
        on log.tenant_id = state.tenant_id and log.customer_id = state.servicetitan_customer_id
    where known.stands != coalesce(log.stands, false) or known.is_newest != is_newest_now
"""

PAST = """
    select
        log.transition_id,
        log.tenant_id,
        log.servicetitan_customer_id,
        log.to_state::double,
        strftime(log.occurred_at at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'),
        log.retracted_at is null
    from marts.customer_state_transitions as log
    semi join enqueue_news as news on log.transition_id = news.transition_id
    order by log.transition_id -- so that the outbox's indexes grow at their ends
"""

EARLIER_NEWS = """
    select tenant_id, count(*) from marts.customer_state_transitions
    where not is_baseline and detected_at < ? and list_contains(?, tenant_id)
    group by tenant_id
"""

DISAGREEING = """
    select told.tenant_id, told.customer_id
    from enqueue_told as told
    semi join marts.tenant_baselines as baselines on told.tenant_id = baselines.tenant_id
    inner join marts.customer_servicetitan_state as state
        on told.tenant_id = state.tenant_id and told.customer_id = state.servicetitan_customer_id
    where told.state != state.current_state::double and coalesce(state.customer_is_active, true)
"""


class BaselineRow(NamedTuple):
    """One transition that is not to be told."""

    transition_id: str
    tenant_id: int
    customer_id: int
    to_state: float
    occurred_at: str
    stands: bool


class Known(NamedTuple):
    """Transitions that the outbox knows, their ids one after the other, as it last saw them. ``is_newest``: of their
    customer; None where nobody asks."""

    ids: bytes
    stands: bool
    is_newest: bool | None


class Turned(NamedTuple):
    """A known transition that is not as it was. ``key``: of whom it is; None where the log has lost it."""

    transition_id: str
    key: Key | None
    stood: bool
    stands: bool
    is_newest: bool


class TransitionLog(CustomerLog):
    """`look_at` comes first: `ids` and `compare` are about what it names."""

    def baselines(self) -> list[int]:
        return [row[0] for row in self.con.execute("select tenant_id from marts.tenant_baselines").fetchall()]

    def size(self) -> int:
        """Transitions that are no baseline, of tenants whose baseline stands."""
        ((count,),) = self.con.execute(SIZE).fetchall()
        return int(count)

    def earlier_news(self, moment: datetime, tenants: Sequence[int]) -> dict[int, int]:
        """Of these tenants: how many transitions are no baseline, and were detected before that moment."""
        return dict(self.con.execute(EARLIER_NEWS, [moment, list(tenants)]).fetchall())

    def look_at(self, whole: Sequence[int], changed: Collection[Key]) -> None:
        self.register("enqueue_whole", pa.table({"tenant_id": pa.array(whole, pa.int64())}))
        self.register("enqueue_changed", customers(changed))
        self.log = f"({IN_SCOPE})"
        if not whole:  # few rows, looked for once
            self.con.execute(f"create or replace temp table enqueue_log as {IN_SCOPE}")
            self.log = "enqueue_log"

    def ids(self) -> list[str]:
        """Of the changed customers."""
        query = f"select transition_id from {self.log} semi join enqueue_changed using (tenant_id, customer_id)"
        return [row[0] for row in self.con.execute(query).fetchall()]

    def compare(self, known: Iterable[Known]) -> list[Turned]:
        """Also notes the news: what the outbox does not know, and is no baseline. Gives what it does not know so."""
        self.register("enqueue_known", pa.concat_tables([known_table(one) for one in (*known, NOTHING)]))
        self.con.execute(NEWS.format(log=self.log))
        rows = self.con.execute(TURNED.format(log=self.log)).fetchall()
        return [
            Turned(name, None if tenant_id is None else Key(tenant_id, customer_id), *turned)
            for name, tenant_id, customer_id, *turned in rows
        ]

    def forget_news(self) -> None:
        self.con.execute("delete from enqueue_news")

    def baseline_among(self, transition_ids: Sequence[str]) -> list[str]:
        self.register("enqueue_ids", ids_table(transition_ids))
        query = """select transition_id from marts.customer_state_transitions
            where is_baseline and transition_id in (select id from enqueue_ids)"""
        return [row[0] for row in self.con.execute(query).fetchall()]

    def past(self) -> Iterator[BaselineRow]:
        self.con.execute(PAST)
        while rows := self.con.fetchmany(ROWS_BATCH):
            yield from (BaselineRow(*row) for row in rows)

    def customers_with_news(self) -> set[Key]:
        rows = self.con.execute("select distinct tenant_id, customer_id from enqueue_news").fetchall()
        return {Key(*row) for row in rows}

    def disagreeing(self, told: Mapping[Key, float]) -> set[Key]:
        """The active customers whose state is another than the one that was told last."""
        states = pa.array(told.values(), pa.float64())
        self.register("enqueue_told", customers(list(told)).append_column("state", states))
        return {Key(*row) for row in self.con.execute(DISAGREEING).fetchall()}


NOTHING = Known(b"", stands=True, is_newest=None)


def known_table(known: Known) -> pa.Table:
    count = len(known.ids) // ID_BYTES
    columns = {
        "id": pa.FixedSizeBinaryArray.from_buffers(pa.binary(ID_BYTES), count, [None, pa.py_buffer(known.ids)]),
        "stands": pa.repeat(pa.scalar(known.stands), count),
        "is_newest": pa.repeat(pa.scalar(known.is_newest, pa.bool_()), count),
    }
    return pa.table(columns)
