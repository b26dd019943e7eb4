"""The raw tables as they were, as far as the records know it: when each came, and when it became what it is.

A status that a record keeps is dated by its own date (completedOn, soldOn, the entry in the canceled log); without one,
by the record's last change, for it cannot be younger. All else (contacts, flags, names, the hour of a visit, who was
merged) is as it is today.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

COUNTS = "case when {0} >= timestamptz '1900-01-01 00:00:00+00' then {0} end"  # as dbt's macro `moment`


def dated(column: str) -> str:
    return COUNTS.format(column)


def until(moment: str, before: str, now: str) -> str:
    return f"case when {moment} > $at then {before} else {now} end"


@dataclass(frozen=True)
class Past:
    """Of one raw table: the moment at which a row ``appears``, other ``moments`` at which it changed, and the columns
    that had another value before, as of ``$at``. ``joined``: what the moments are read from beside the row."""

    table: str
    appears: str
    moments: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    joined: str = ""

    @property
    def all_moments(self) -> dict[str, str]:
        return {"appears_at": self.appears, **self.moments}

    @property
    def with_moments(self) -> str:
        named = ", ".join(f"{moment} as {name}" for name, moment in self.all_moments.items())
        return f"select records.*, {named} from servicetitan.{self.table} as records {self.joined}"

    @property
    def as_of(self) -> str:
        """Of rows with their moments: the columns of the raw table at ``$at``."""
        replaced = ", ".join(f"{value} as {column}" for column, value in self.columns.items())
        return f"* exclude ({', '.join(self.all_moments)})" + (f" replace ({replaced})" if replaced else "")

    def any_moment(self, condition: str) -> str:
        """Of rows with their moments; ``condition`` says ``{0}`` for each."""
        return " or ".join(f"coalesce({condition.format(name)}, false)" for name in self.all_moments)


CREATED, MODIFIED = dated("records.created_on"), dated("records.modified_on")
IS_GONE = "records.active is not distinct from false"

LEADS = Past(
    "leads",
    CREATED,
    {
        # booked: with the customer's next job, or, where that is another's, when the lead was changed last
        "ended_at": f"""case
            when records.status = 'Dismissed' or {IS_GONE} then {MODIFIED}
            when records.status = 'Converted' then least({MODIFIED}, (
                select min(jobs.created_on) from servicetitan.jobs as jobs
                where jobs.tenant_id = records.tenant_id and jobs.customer_id = records.customer_id
                    and jobs.created_on > records.created_on
            ))
        end"""
    },
    {"status": until("ended_at", "'Open'", "status"), "active": until("ended_at", "true", "active")},
)
JOBS = Past(
    "jobs",
    CREATED,
    {
        "canceled_at": f"case when records.job_status = 'Canceled' then coalesce(logs.canceled_at, {MODIFIED}) end",
        # a canceled job keeps the date at which it was completed
        "completed_at": f"""case records.job_status
            when 'Completed' then coalesce({dated("records.completed_on")}, {MODIFIED})
            when 'Canceled' then {dated("records.completed_on")}
        end""",
    },
    {
        "job_status": """case
            when job_status = 'Canceled' and canceled_at > $at and completed_at <= $at then 'Completed'
            when coalesce(canceled_at, completed_at) > $at then 'Scheduled'
            else job_status
        end""",
        "completed_on": until("completed_at", "null", "completed_on"),
    },
    joined=f"""left join (
        select entries.tenant_id, entries.job_id, max({dated("entries.created_on")}) as canceled_at
        from servicetitan.job_canceled_logs as entries
        where entries.active is distinct from false
        group by all
    ) as logs on records.tenant_id = logs.tenant_id and records.id = logs.job_id""",
)
APPOINTMENTS = Past(
    "appointments",
    CREATED,
    {
        "ended_at": f"""case
            when records.status = 'Canceled' or {IS_GONE} then {MODIFIED}
            when records.status = 'Done' then least({MODIFIED}, {dated('records."end"')})
        end"""
    },
    {"status": until("ended_at", "'Scheduled'", "status"), "active": until("ended_at", "true", "active")},
)
ESTIMATES = Past(
    "estimates",
    CREATED,
    {
        "ended_at": f"""case
            when records.status ->> 'name' = 'Dismissed' or {IS_GONE} then {MODIFIED}
            when records.status ->> 'name' = 'Sold' then coalesce({dated("records.sold_on")}, {MODIFIED})
        end"""
    },
    {
        "status": until("ended_at", """cast('{"value": 0, "name": "Open"}' as json)""", "status"),
        "active": until("ended_at", "true", "active"),
        "sold_on": until("ended_at", "null", "sold_on"),
    },
)
PASTS = (
    Past("customers", CREATED),
    LEADS,
    JOBS,
    Past("job_canceled_logs", CREATED),
    APPOINTMENTS,
    ESTIMATES,
    Past("state_updates", dated("records.set_at")),
)
