"""What the marts say of some customers: their transitions, and all that a message goes by."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import duckdb
import msgspec
import pyarrow as pa

from pipelines.flow_builder.customer import Transition
from pipelines.flow_builder.delivery import Key
from pipelines.flow_builder.facts import Facts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FACTS_BATCH = 5_000

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


class CustomerLog:
    """`histories` gives what the outbox does not know, too, once `transition_log` has compared the two."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

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

    def register(self, name: str, table: pa.Table) -> None:
        self.con.register(name, table)


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
