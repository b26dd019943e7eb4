"""What messages say of a transition, from the records as they are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from tests.oracle.fold import Story, Transition
from tests.oracle.records import NO_DATE_BEFORE, Records, Row, by, is_active, moment
from tests.oracle.rules import TenantRules, strength

BESIDE = (2, 6)
Fact = tuple[Any, ...]


def shown(story: Story, baseline: frozenset[str] | None) -> list[Transition | None]:
    """What is no history (None: all is), and what is current, also but for a reset; else one without a transition."""
    told = story.transitions
    standing = [*current(told), *current(told[:-1] if _is_reset(told) else told)]
    news = [each for each in told if baseline is not None and each.transition_id not in baseline]
    return [each for each in told if each in standing or each in news] or [None]


def current(told: Sequence[Transition]) -> list[Transition]:
    """The newest, and a row of visits or of installs that ends with it."""
    found = list(told[-1:])
    for each in reversed(told[:-1]):
        if each.to_state not in BESIDE or each.to_state != found[0].to_state:
            break
        found.insert(0, each)
    return found


def _is_reset(told: Sequence[Transition]) -> bool:
    return bool(told) and told[-1].event_name == "reset"


@dataclass(frozen=True)
class Details:
    """Of one tenant."""

    records: Records
    rules: TenantRules

    @cached_property
    def _rows(self) -> Mapping[str, Mapping[Any, Row]]:
        return {stream: {row["id"]: row for row in rows} for stream, rows in self.records.items()}

    @cached_property
    def _groups(self) -> Mapping[str, Mapping[Any, Sequence[Row]]]:
        columns = {"customer_contacts": "customer_id", "appointments": "job_id", "job_canceled_logs": "job_id"}
        columns["appointment_assignments"] = "appointment_id"
        return {stream: by(name, self.records[stream]) for stream, name in columns.items()}

    def of(self, story: Story, baseline: frozenset[str] | None) -> Iterator[Fact]:
        for each in shown(story, baseline):
            job = self._row("jobs", each.job if each else None)
            yield (
                *("details", each and each.transition_id, each and each.job),
                *self._state(each.to_state if each else 0),
                *self._customer(story.customer),
                self._visits(each.job if each else None),
                *self._job(job),
                *self._place(job),
                *self._evidence(each),
            )

    def _row(self, stream: str, identity: Any) -> Row:
        return self._rows[stream].get(identity, {})

    def _state(self, state: Any) -> Fact:
        row = [row for row in self.rules.seeds["customer_states"] if float(row["state"]) == float(state)][-1]
        return row["flow_name"] or None, int(row.get("settle_minutes") or 0), row.get("suppressed_by") or None

    def _customer(self, customer: int) -> Fact:
        row = self._row("customers", customer)
        contacts = [
            each
            for each in self._groups["customer_contacts"].get(customer, [])
            if is_active(each) and (each.get("value") or "").strip()
        ]
        contacts.sort(key=lambda each: (moment(each.get("modified_on")) or NO_DATE_BEFORE, each["id"]), reverse=True)
        emails = tuple((each["value"], _is_opted_out(each)) for each in contacts if each["type"] == "Email")
        phones = tuple(each["value"] for kind in ("MobilePhone", "Phone") for each in contacts if each["type"] == kind)
        return row.get("name"), row.get("do_not_mail") or False, row.get("do_not_service") or False, emails, phones

    def _visits(self, job: int | None) -> Fact:
        visits = self._groups["appointments"].get(job, []) if job is not None else []
        return tuple(self._visit(each) for each in sorted(visits, key=lambda each: each["id"]))

    def _visit(self, row: Row) -> Fact:
        assigned = [each for each in self._groups["appointment_assignments"].get(row["id"], []) if is_active(each)]
        first = min(assigned, key=lambda each: (_late(each.get("assigned_on")), each["id"]), default={})
        times = ("start", "end", "arrival_window_start", "arrival_window_end")
        moments = (moment(row.get(name)) for name in times)
        return (row["id"], is_active(row), row.get("status"), *moments, first.get("technician_name"))

    def _job(self, job: Row) -> Fact:
        names = [
            self._row(stream, job.get(reference)).get("name")
            for stream, reference in (("job_types", "job_type_id"), ("business_units", "business_unit_id"))
        ]
        return (job.get("job_number"), *names, job.get("project_id"), job.get("job_status"), *self._end(job))

    def _end(self, job: Row) -> Fact:
        """When it ended, why it was canceled, and whether that starts no flow."""
        changed_at = moment(job.get("modified_on"))
        if job.get("job_status") == "Completed":
            return moment(job.get("completed_on")) or changed_at, None, False
        if job.get("job_status") != "Canceled":
            return None, None, False
        entries = [each for each in self._groups["job_canceled_logs"].get(job["id"], []) if is_active(each)]
        entry = max(
            entries, key=lambda each: (moment(each.get("created_on")) or NO_DATE_BEFORE, each["id"]), default={}
        )
        name = self._row("job_cancel_reasons", entry.get("reason_id")).get("name")
        return moment(entry.get("created_on")) or changed_at, name, self._is_silent(entry.get("reason_id"), name)

    def _is_silent(self, reason: int | None, name: str | None) -> bool:
        for rule in sorted(self.rules.seeds["cancel_reason_rules"], key=strength):
            pattern = rule["pattern"]
            if rule["match_field"] == "reason_id":
                is_met = pattern in ("", str(reason))
            else:
                is_met = name is not None and re.search(pattern, name, re.IGNORECASE) is not None
            if is_met:
                return bool(rule["starts_flow"] == "false")
        return False

    def _place(self, job: Row) -> Fact:
        place = self._row("locations", job.get("location_id"))
        address = place.get("address") or {}
        return job.get("location_id"), place.get("name"), address.get("street"), address.get("zip")

    def _evidence(self, transition: Transition | None) -> Fact:
        source = transition.source_table if transition else None
        identity = transition.source_id if transition else None
        estimate = self._row("estimates", int(identity or 0)) if source == "estimates" else {}
        lead = self._row("leads", int(identity or 0)) if source == "leads" else {}
        update = self._row("state_updates", identity) if source == "state_updates" else {}
        return (
            *(estimate.get("id"), (estimate.get("status") or {}).get("name"), estimate.get("subtotal")),
            *(moment(estimate.get("sold_on")), lead.get("status"), update.get("start_flow") is not False),
        )


def _is_opted_out(contact: Row) -> bool:
    return (contact.get("preferences") or {}).get("marketingUpdatesEnabled") is False


def _late(at: datetime | None) -> tuple[bool, datetime]:
    return moment(at) is None, moment(at) or NO_DATE_BEFORE
