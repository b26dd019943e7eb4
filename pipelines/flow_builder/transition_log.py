"""The transition log as the warehouse holds it, read for the outbox.

Only tenants whose baseline stands are looked at: until then nothing of a tenant is sent. Works on temporary tables
of the connection that is passed in, all named ``enqueue_…``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import duckdb
import msgspec
import pyarrow as pa

from pipelines.flow_builder.customer import Transition
from pipelines.flow_builder.delivery import Key
from pipelines.flow_builder.facts import Facts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ID_BYTES = 32
ROWS_BATCH = 50_000
FACTS_BATCH = 5_000

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

HISTORIES = """
    with log as (
        select * from marts.customer_state_transitions as log
        semi join enqueue_asked as asked
            on log.tenant_id = asked.tenant_id and log.servicetitan_customer_id = asked.customer_id
        where log.retracted_at is null
            or log.transition_id in (select transition_id from enqueue_news)
    )

    select
        asked.tenant_id,
        asked.customer_id,
        state.servicetitan_customer_id is not null and coalesce(state.customer_is_active, true) as is_active,
        state.servicetitan_customer_id is null as is_alias,
        log.transition_id,
        log.to_state::double,
        log.flow_name,
        log.job_id,
        epoch_us(log.occurred_at),
        epoch_us(log.detected_at),
        log.event_name = 'reset',
        log.event_name = 'install_job_completed',
        log.retracted_at is null,
        coalesce(log.is_baseline, false),
        coalesce({is_reclassified}, false)
    from enqueue_asked as asked
    left join log on asked.tenant_id = log.tenant_id and asked.customer_id = log.servicetitan_customer_id
    left join marts.customer_servicetitan_state as state
        on asked.tenant_id = state.tenant_id and asked.customer_id = state.servicetitan_customer_id
    order by asked.tenant_id, asked.customer_id, log.position, log.occurred_at, log.transition_id
"""

OWNERS = """
    select transition_id, tenant_id, servicetitan_customer_id from marts.customer_state_transitions
    where retracted_at is null and transition_id in (select id from enqueue_ids)
"""

# Whether the customer is active stands beside the facts.
DIGEST = "md5(details::varchar || coalesce(state.customer_is_active, true)::varchar)"
WITH_STATE = """
    left join marts.customer_servicetitan_state as state
        on details.tenant_id = state.tenant_id
        and details.servicetitan_customer_id = state.servicetitan_customer_id
"""
OTHER_FACTS = f"""
    select distinct details.tenant_id, details.servicetitan_customer_id
    from marts.transition_details as details
    inner join enqueue_digests as known on details.transition_id = known.id
    {WITH_STATE}
    where {DIGEST} != known.digest
"""
FACTS = f"""
    select
        details.* replace (
            details.workspace_id::varchar as workspace_id,
            details.contact_id::varchar as contact_id,
            details.from_state::double as from_state,
            details.to_state::double as to_state
        ),
        {DIGEST} as digest
    from marts.transition_details as details
    semi join enqueue_asked as asked
        on details.tenant_id = asked.tenant_id and details.servicetitan_customer_id = asked.customer_id
    {WITH_STATE}
"""


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
    is_alias: bool
    transitions: Sequence[Transition]


class Logged(NamedTuple):
    """``digest``: another one wherever anything of the facts is another."""

    facts: Facts
    digest: str


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


class TransitionLog:
    """`look_at` comes first: `ids` and `compare` are about what it names."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

    def baselines(self) -> list[int]:
        return [row[0] for row in self.con.execute("select tenant_id from marts.tenant_baselines").fetchall()]

    def size(self) -> int:
        """Transitions that are no baseline, of tenants whose baseline stands."""
        return int(
            self.one(
                "select count(*) from marts.customer_state_transitions semi join marts.tenant_baselines"
                " using (tenant_id) where not is_baseline"
            )
        )

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

    def owners(self, transition_ids: Sequence[str]) -> dict[str, Key]:
        """Of those that stand: whose each is."""
        if not transition_ids:
            return {}
        self.register("enqueue_ids", ids_table(transition_ids))
        return {name: Key(*key) for name, *key in self.con.execute(OWNERS).fetchall()}

    def with_other_facts(self, digests: Mapping[str, str]) -> set[Key]:
        """Of whom a detail is another than these digests of transitions say."""
        if not digests:
            return set()
        table = ids_table([*digests]).append_column("digest", pa.array(digests.values(), pa.string()))
        self.register("enqueue_digests", table)
        return {Key(*row) for row in self.con.execute(OTHER_FACTS).fetchall()}

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

    def histories(self, keys: Sequence[Key]) -> Iterator[History]:
        self.register("enqueue_asked", customers(keys))
        rows = self.con.execute(HISTORIES.format(is_reclassified=self.is_reclassified())).fetchall()
        for (tenant_id, customer_id, is_active, is_alias), group in groupby(rows, itemgetter(0, 1, 2, 3)):
            transitions = [transition(*row[4:]) for row in group if row[4] is not None]
            yield History(Key(tenant_id, customer_id), is_active, is_alias, transitions)

    def facts(self, keys: Sequence[Key]) -> dict[Key, dict[str | None, Logged]]:
        """By customer and transition; under None, of a customer of whose transitions none stands."""
        self.register("enqueue_asked", customers(keys))
        facts: dict[Key, dict[str | None, Logged]] = {key: {} for key in keys}
        for batch in self.con.execute(FACTS).to_arrow_reader(FACTS_BATCH):
            for row in batch.to_pylist():
                digest, said = row.pop("digest"), msgspec.convert(row, Facts)
                key = Key(said.tenant_id, said.servicetitan_customer_id)
                facts[key][said.transition_id] = Logged(said, digest)
        return facts

    def is_reclassified(self) -> str:
        """The column; a log that was last written by 0.1.0 has none."""
        described = self.con.execute("describe marts.customer_state_transitions").fetchall()
        return "log.is_reclassified" if "is_reclassified" in {column[0] for column in described} else "false"

    def register(self, name: str, table: pa.Table) -> None:
        self.con.register(name, table)

    def one(self, query: str, parameters: list[Any] | None = None) -> Any:
        row = self.con.execute(query, parameters).fetchone()
        return row and row[0]


NOTHING = Known(b"", stands=True, is_newest=None)


def known_table(known: Known) -> pa.Table:
    count = len(known.ids) // ID_BYTES
    columns = {
        "id": pa.FixedSizeBinaryArray.from_buffers(pa.binary(ID_BYTES), count, [None, pa.py_buffer(known.ids)]),
        "stands": pa.repeat(pa.scalar(known.stands), count),
        "is_newest": pa.repeat(pa.scalar(known.is_newest, pa.bool_()), count),
    }
    return pa.table(columns)


def ids_table(transition_ids: Sequence[str]) -> pa.Table:
    return pa.table({"id": pa.array(transition_ids, pa.string())})


def customers(keys: Collection[Key]) -> pa.Table:
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
    job_id: int | None,
    occurred_us: int,
    detected_us: int,
    *flags: bool,
) -> Transition:
    occurred_at, detected_at = (EPOCH + timedelta(microseconds=us) for us in (occurred_us, detected_us))
    return Transition(transition_id, to_state, flow_name, job_id, occurred_at, detected_at, *flags)
