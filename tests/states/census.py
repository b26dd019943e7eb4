"""How often the rules of the state model are met by histories, branch by branch."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from tests.oracle.customers import ends
from tests.oracle.endings import cancellation_counts, done_at
from tests.oracle.fold import Story
from tests.oracle.jobs import Job, jobs
from tests.oracle.kinds import kind_rules
from tests.oracle.leads import converting_job
from tests.oracle.records import Records, by, is_active, moment
from tests.oracle.rules import TenantRules

Cell = tuple[Decimal, Decimal, str, str]  # from, to, rule, verdict
MONTH = timedelta(days=30)


def cells(stories: Iterable[Story]) -> Counter[Cell]:
    """Of the matrix: states set by hand go by no cell."""
    return Counter(
        (each.from_state, each.event.to_state, each.rule, each.verdict)
        for story in stories
        for each in story.verdicts
        if each.from_state is not None and each.rule is not None and each.rule != "state_set"
    )


def branches(records: Records, rules: TenantRules, as_of: datetime) -> Counter[str]:
    customers, taken_by = ends(records), kind_rules(records, rules)
    jobs_of: dict[int, list[Job]] = {}
    for job in jobs(records, customers, taken_by).values():
        jobs_of.setdefault(job.customer, []).append(job)
    return Counter(
        [
            *(f"kind by {rule.get('match_field')}: {rule['job_kind']}" for rule in taken_by.values()),
            *(name for each in jobs_of.values() for job in each for name in _endings(job, each, as_of)),
            *_leads(records, customers, jobs_of),
            *_estimates(records, taken_by),
        ]
    )


def _endings(job: Job, jobs: list[Job], as_of: datetime) -> Iterator[str]:
    others = [each for each in jobs if each.id != job.id and each.kind == job.kind]
    if job.kind == "install" and job.is_completed and (end := job.completed_at):
        at = done_at(job, jobs)
        yield f"completion: {'said by another' if not at else 'at its own end' if at == end else 'later'}"
        if at and at > as_of:
            yield "completion: ahead"
        for other in others:
            yield from (f"completion beside {each}" for each in _beside(job, other, end))
    if job.kind in ("sales", "install") and job.is_canceled and (then := job.canceled_at):
        yield f"cancellation: {'counts' if cancellation_counts(job, jobs) else 'hidden'}"
        for other in others:
            yield from (f"cancellation beside {each}" for each in _while(other, then))


def _beside(job: Job, other: Job, end: datetime) -> Iterator[str]:
    place = _place(job, other)
    if not any(other.booked_by(end)):
        yield "one booked later" if other.appointments else "one never booked"
    elif place.startswith("other"):
        yield f"{place}"
    else:
        yield place
        yield f"one of the same work {_ending(other, end)}"


def _place(job: Job, other: Job) -> str:
    if job.project and other.project:
        house = "this house" if job.location == other.location else "another house"
        return f"{'the same' if job.project == other.project else 'other'} project, {house}"
    if job.location is None or other.location is None:
        return "other: place unknown"
    return "the same house" if job.location == other.location else "other house"


def _ending(other: Job, end: datetime) -> str:
    if other.is_completed:
        return "completed " + _when(other.completed_at, end)
    if other.is_canceled:
        return "canceled " + _when(other.canceled_at, end)
    start = other.latest_start(end)
    return "open, " + _when(start and start + MONTH, end)


def _while(other: Job, then: datetime) -> Iterator[str]:
    if not any(other.booked_by(then)):
        yield "one booked later" if other.appointments else "one never booked"
    elif other.is_canceled:
        yield "one canceled " + _when(other.canceled_at, then)
    elif other.is_completed:
        yield "one completed " + _when(other.completed_at, then)
    else:
        start = other.latest_start(then)
        yield "one open, forgotten " + _when(start and start + MONTH, then)
        if start and abs(start + MONTH - then) == timedelta(microseconds=1):
            yield "one open, forgotten to the microsecond"


def _when(moment: datetime | None, end: datetime) -> str:
    return "at no moment" if moment is None else "then" if moment == end else "before" if moment < end else "later"


def _leads(records: Records, customers: Mapping[int, int], jobs_of: Mapping[int, list[Job]]) -> Iterator[str]:
    leads = [{**row, "customer_id": customers.get(row.get("customer_id") or 0)} for row in records["leads"]]
    for customer, rows in by("customer_id", leads).items():
        for row in rows:
            created_at = moment(row.get("created_on"))
            if customer is None or not is_active(row) or row.get("status") != "Converted" or created_at is None:
                continue
            later = [job for job in jobs_of.get(customer, ()) if job.created_at and job.created_at > created_at]
            first = min(later, key=lambda job: (job.created_at, job.id), default=None)
            if not first:
                yield "lead: no later job"
            elif first.kind != "other":
                yield f"lead: became {first.kind}"
            else:
                ended = converting_job(row, rows, later)
                yield f"lead: {'converted' if ended else 'another is open'}"
                if sum(job.created_at == first.created_at for job in later) > 1:
                    yield "lead: two jobs at once"


def _estimates(records: Records, taken_by: Mapping[int, Mapping[str, str]]) -> Iterator[str]:
    for row in records["estimates"]:
        rule = taken_by.get(row.get("job_id") or 0)
        if rule and rule["job_kind"] == "other" and rule.get("estimates_from"):
            subtotal, least = row.get("subtotal"), Decimal(rule["estimates_from"])
            size = "unknown" if subtotal is None else "less" if subtotal < least else "enough"
            yield f"estimate on another job: {size}"
