"""Deliberate faults in the SQL, in the macros and in the seeds: the tests must notice every one of them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutant:
    """Wherever ``old`` stands in the file, it becomes ``new``."""

    file: str
    old: str
    new: str
    what: str

    @property
    def node(self) -> str:
        """What dbt has to build again, with all that comes after it."""
        return Path(self.file).stem if not self.file.startswith("macros") else "staging"

    def of(self, text: str) -> str:
        assert self.old in text, f"{self.file} no longer has {self.old!r}: the mutant must follow"
        return text.replace(self.old, self.new)


INTERMEDIATE = "models/intermediate"
KINDS = f"{INTERMEDIATE}/int_job_kinds.sql"
LOG = "models/marts/customer_state_transitions.sql"
RULES, STATES, EVENTS = (
    f"seeds/{name}.csv" for name in ("state_transition_rules", "customer_states", "customer_events")
)
FOLD, ORDER, ENDED, JOBS, LEADS, ESTIMATES, TOUCHED, RULED = (
    f"{INTERMEDIATE}/{model}.sql"
    for model in (
        *("int_events__folded", "int_events__ordered", "int_jobs__ended", "int_jobs__classified"),
        *("int_leads__converted", "int_events__estimates"),
        *("changes/int_customers__touched", "changes/int_tenants__ruled_anew"),
    )
)

DETAILS, REASONS, TOLD = (
    *("models/marts/delivery/transition_details.sql", f"{INTERMEDIATE}/int_cancel_reasons.sql"),
    f"{INTERMEDIATE}/changes/int_customers__told_otherwise.sql",
)

# seen when everything is derived
OF_THE_MODEL = [
    Mutant(FOLD, "reset_due_at <= events.occurred_at", "reset_due_at < events.occurred_at", "the reset comes late"),
    Mutant(FOLD, "_job < met.round_position", "_job <= met.round_position", "the round lacks its first job"),
    Mutant(FOLD, "to_state in (0, 1)", "to_state = 0", "a lead begins no round"),
    Mutant(FOLD, " or rule = 'new_job'", "", "a new job begins no round"),
    Mutant(FOLD, " or rule = 'new_job'", " or rule in ('new_job', 'another_job')", "another job begins a round"),
    Mutant(FOLD, "in ('new_job', 'another_job')", "in ('new_job')", "another job is none"),
    Mutant(FOLD, "not between 1 and met.round_position - 1", ">= 0", "an install of an earlier round ends this one"),
    Mutant(FOLD, "met.job_id != coalesce(met.state_job_id, 0)", "true", "a job is done twice"),
    Mutant(FOLD, "then events.position\n", "then folded.round_position\n", "a reset begins no round"),
    Mutant(FOLD, "met.to_state != met.from_state", "true", "a state is set that is there"),
    Mutant(FOLD, "then position else entered_position", "then position else position", "an ignored event enters"),
    Mutant(FOLD, "cast(is_reset as integer) + ", "", "a reset takes no place in the log"),
    Mutant(ORDER, "            event_order,\n            to_state,", "to_state, event_order,", "state_set is not last"),
    Mutant(ORDER, "{{ by_digits('record_id') }}", "record_id", "ids in the order of numbers"),
    Mutant(ORDER, "86400000000 *", "86340000000 *", "a day has 23 hours and 59 minutes"),
    Mutant(ENDED, "ended_at >= bookings.booked_at", "ended_at > bookings.booked_at", "booked just then"),
    Mutant(
        ENDED,
        "pairs.other_ended_at > pairs.ended_at, true",
        "pairs.other_ended_at >= pairs.ended_at, true",
        "both canceled just then",
    ),
    Mutant(
        ENDED,
        "pairs.other_ended_at > pairs.ended_at, true",
        "pairs.other_ended_at > pairs.ended_at, false",
        "an unknown cancellation is over",
    ),
    Mutant(ENDED, "other_ended_at >= coalesce(", "other_ended_at > coalesce(", "completed at that very booking"),
    Mutant(
        ENDED, "own.first_booked_at, pairs.created_at", "own.first_booked_at", "a job without a visit began at no time"
    ),
    Mutant(ENDED, "ended.job_kind = others.job_kind", "true", "a job of another kind keeps it on"),
    Mutant(ENDED, "interval 30 day", "interval 29 day", "forgotten after 29 days"),
    Mutant(ENDED, "rivals.forgotten_at > pairs", "rivals.forgotten_at >= pairs", "forgotten at that very moment"),
    Mutant(
        ENDED,
        "forgotten_at > pairs.ended_at, false",
        "forgotten_at > pairs.ended_at, true",
        "a visit without a day is to come",
    ),
    Mutant(ENDED, "appointments.is_active and ", "", "a deleted visit is to come"),
    Mutant(ENDED, "coalesce(appointments.status, '') != 'Canceled'", "true", "a canceled visit is to come"),
    Mutant(ENDED, "ended.project_id = others.project_id,", "", "a project is no work"),
    Mutant(ENDED, "ended.location_id = others.location_id,\n            false", "true", "all houses are one"),
    Mutant(ENDED, "and pairs.other_job_id > pairs.job_id", "", "of two that end together none tells it"),
    Mutant(
        ENDED,
        "pairs.other_status = 'Canceled' then pairs.other_ended_at\n            else",
        "pairs.other_status = 'Canceled' then null\n            else",
        "work ends before it is called off",
    ),
    Mutant(ENDED, "else rivals.forgotten_at\n", "else null\n", "work ends before an open job"),
    Mutant(ENDED, "not pairs.is_same_work or ", "", "other work is waited for"),
    Mutant(
        LEADS, "leads.created_at < jobs.created_at", "leads.created_at <= jobs.created_at", "a job at that very moment"
    ),
    Mutant(LEADS, "row(jobs.created_at, jobs.job_id)", "row(-jobs.job_id)", "a lead becomes any job"),
    Mutant(LEADS, "coalesce(kinds.job_kind, 'other') = 'other'", "true", "a sale ends the lead"),
    Mutant(LEADS, "    and leads.status = 'Open'\n", "", "a converted lead is open"),
    Mutant(LEADS, "became_other.converted_at > leads.created_at", "true", "a later lead is open before"),
    Mutant(
        JOBS, "greatest(1, coalesce(logs.active_entries, 0))", "coalesce(logs.active_entries, 0)", "no entry counts 0"
    ),
    Mutant(JOBS, "max(logs.created_at) filter (where logs.is_active)", "max(logs.created_at)", "a removed entry dates"),
    Mutant(JOBS, "logs.active_entries > 0", "logs.canceled_at is not null", "an entry without a date is no entry"),
    Mutant(ESTIMATES, "where estimates.customer_id is null", "", "an estimate is also its job's customer's"),
    Mutant(ESTIMATES, "owned.job_id is null or kinds.job_kind in ('sales', 'install')", "true", "no estimate waits"),
    Mutant(
        ESTIMATES,
        "coalesce(estimates.sold_at, estimates.modified_at)",
        "estimates.modified_at",
        "sold when last changed",
    ),
    Mutant(f"{INTERMEDIATE}/int_events__leads.sql", "is distinct from", "!=", "a lead without a status is dismissed"),
    Mutant(
        f"{INTERMEDIATE}/int_merges.sql", "list_min(visited[list_position", "list_max(visited[list_position", "cycle"
    ),
    Mutant(KINDS, "order by priority, ", "order by ", "the last rule wins"),
    Mutant(KINDS, "rule_tenant_id is null, ", "", "a tenant's own rule is as good as another"),
    Mutant(KINDS, "origin = 'shipped', ", "", "people's own rule is as good as a shipped one"),
    Mutant(KINDS, "is not null and rules.pattern in ('*', ", "is not null and rules.pattern in (", "any id is none"),
    Mutant(
        KINDS, "named.{{ link }} is not null and ", "coalesce(named.{{ link }}, 0) is not null and ", "no link is any"
    ),
    Mutant(
        "macros/asked_of.sql", "' is not null then 0'", "' is not null then null'", "an id that no rule names is none"
    ),
    Mutant("models/staging/stg_servicetitan__jobs.sql", "nullif(recall_for_id, 0)", "recall_for_id", "0 is a link"),
    Mutant(
        "models/staging/stg_servicetitan__jobs.sql",
        "coalesce(no_charge, false)",
        "not coalesce(no_charge, false)",
        "free of charge is not",
    ),
    Mutant(ESTIMATES, "owned.subtotal >= kinds", "owned.subtotal > kinds", "an amount that is just enough"),
    Mutant(ESTIMATES, " or owned.subtotal >= kinds.estimates_from", "", "no estimate on another job counts"),
    Mutant(
        "models/intermediate/int_tenants__states.sql",
        "order by states.tenant_id is null",
        "order by states.tenant_id is not null",
        "a tenant's own state is nobody's",
    ),
    Mutant(f"{INTERMEDIATE}/int_customers__folded.sql", "expires_at <= ", "expires_at < ", "the last reset comes late"),
    Mutant(f"{INTERMEDIATE}/int_states__reset.sql", "transition_count + 1", "transition_count", "two have one place"),
    Mutant(f"{INTERMEDIATE}/int_state_spans.sql", "order by position", "order by entered_at", "spans by time alone"),
    Mutant("models/staging/stg_servicetitan__leads.sql", "coalesce(active, true)", "active", "unknown is inactive"),
    Mutant("macros/moment.sql", "1900-01-01", "0001-01-01", "a date before 1900 is one"),
    Mutant("macros/transition_id.sql", "decimal(2, 1)", "integer", "2.5 and 2 are one"),
    Mutant(RULES, "6,4,ignore", "6,4,accept", "a sale after the end starts a new sale"),
    Mutant(RULES, "1,0,accept", "1,0,ignore", "a lead never ends"),
    Mutant(RULES, "2,2.5,accept", "2,2.5,ignore", "a cancellation is ignored"),
    Mutant(STATES, "What to Expect,180", "What to Expect,90", "an appointment far off is forgotten"),
    Mutant(EVENTS, "state_update:,,90", "state_update:,,5", "a state set by hand comes first"),
    Mutant(DETAILS, "or (log.to_state in (2, 6) and", "or (log.to_state in (2) and", "a second house has no details"),
    Mutant(DETAILS, "ends.last_position, ends.entered_position", "ends.last_position", "what was reset is forgotten"),
    Mutant(
        DETAILS,
        "list_reverse_sort(list(contact) filter (where type = 'E",
        "list_sort(list(contact) filter (where type = 'E",
        "the oldest e-mail",
    ),
    Mutant(DETAILS, "trim(contacts.value) != ''", "true", "nothing is an address"),
    Mutant(DETAILS, "is_mobile := type = 'MobilePhone'", "is_mobile := true", "a phone is as good as a mobile one"),
    Mutant(DETAILS, "    where contacts.is_active\n", "", "a deleted contact"),
    Mutant(DETAILS, "= 'false', false)", "= 'true', false)", "who wants news wants none"),
    Mutant(DETAILS, "    where assignments.is_active\n", "", "a technician who was taken off"),
    Mutant(
        DETAILS,
        "order by assignments.assigned_at nulls last",
        "order by assignments.assigned_at desc nulls last",
        "the last",
    ),
    Mutant(DETAILS, "order by logs.created_at desc", "order by logs.created_at", "the oldest reason"),
    Mutant(DETAILS, "coalesce(jobs.completed_at, jobs.modified_at)", "jobs.completed_at", "completed at no moment"),
    Mutant(REASONS, "order by priority, ", "order by ", "the last reason's rule wins"),
    Mutant(REASONS, "coalesce(rules.pattern, ''), 'i')", "coalesce(rules.pattern, ''))", "small letters only"),
    Mutant(EVENTS, "estimate_sold,4", "estimate_sold,3", "a sale is an offer"),
]
# seen when a history grows
OF_THE_STEP = [
    Mutant(LOG, "cast(null as timestamptz) as retracted_at", "logged.retracted_at", "what came back stays retracted"),
    Mutant(LOG, "coalesce(logged.detected_at, {{ as_of() }})", "{{ as_of() }}", "detected anew every time"),
    Mutant(LOG, "coalesce(logged.is_baseline, baselines.tenant_id is null)", "baselines.tenant_id is null", "news"),
    Mutant(LOG, "coalesce(logged.retracted_at, {{ as_of() }})", "{{ as_of() }}", "retracted anew every time"),
    Mutant(LOG, "case when retracted_at is null then position end", "position", "what is retracted keeps its place"),
    Mutant(
        LOG,
        "as ruled_anew on derived.tenant_id = ruled_anew.tenant_id",
        "as ruled_anew on true",
        "rules are everybody's",
    ),
    Mutant(LOG, "        and derived.source_id = changes.source_id\n", "", "a record is as good as another"),
    Mutant(
        LOG, "        and derived.source_id = changes.source_id\n", " and false", "a record that has come is no news"
    ),
    Mutant(LOG, "        and customers.is_new\n", "", "a customer who changed has come"),
    Mutant(LOG, "        and customers.is_new\n", " and false", "a customer who has come is no news"),
    Mutant(LOG, "(jobs.is_new or jobs.is_retyped)", "jobs.is_new", "a retyped job is no news"),
    Mutant(LOG, "(jobs.is_new or jobs.is_retyped)", "true", "a job that changed is news"),
    Mutant(LOG, "(jobs.is_new or jobs.is_retyped)", "jobs.is_retyped", "a job that has come is no news"),
    Mutant(
        LOG,
        "where coalesce(derived.occurred_at <= ",
        "where true or coalesce(derived.occurred_at <= ",
        "what happened since is no news",
    ),
    Mutant(RULED, "rules_before.content is not null", "true", "a name that has come is a new rule"),
    Mutant(RULED, "rules_before.content is not null", "false", "a renamed job type goes by the same rules"),
    Mutant(TOUCHED, "previous_customer_id", "customer_id", "the customer whose a record was is forgotten"),
    Mutant(TOUCHED, "previous_job_id", "job_id", "the job whose a record was is forgotten"),
    Mutant(TOUCHED, "where source_table = 'customers'", "where false", "a customer who has come goes unseen"),
    Mutant(TOUCHED, "where reset_due_at <= ", "where false and reset_due_at <= ", "no reset comes due"),
    Mutant(
        TOUCHED, "where is_accepted is null and occurred_at <= ", "where false and occurred_at <= ", "nothing comes due"
    ),
    Mutant(
        TOUCHED, "semi join named\n        on jobs.", "anti join named\n        on jobs.", "a job touches the others"
    ),
    Mutant(
        f"{INTERMEDIATE}/int_tenants__complete.sql", "having count(distinct stream) =", "having 1 <=", "half a sync"
    ),
    Mutant(TOLD, "    and changes.source_table = 'locations'", "    and false", "a house is called as before"),
    Mutant(TOLD, "where changes.source_table = 'job_cancel_reasons'", "where false", "a reason is called as before"),
    Mutant(TOLD, "where source_table = 'appointment_assignments'", "where false", "a technician goes unseen"),
    Mutant(TOUCHED, "where kinds.is_changed", "where false", "a renamed job type goes unseen"),
]
