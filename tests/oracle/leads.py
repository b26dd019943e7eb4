"""Leads that became something else than a sale."""

from collections.abc import Iterable

from tests.oracle.jobs import Job
from tests.oracle.records import Row, is_active, moment


def converting_job(lead: Row, leads: Iterable[Row], jobs: Iterable[Job]) -> Job | None:
    """The `other` job that ends the lead; of the customer, after merges, are the jobs, and the leads that stay open."""
    created_at = moment(lead.get("created_on"))
    if lead.get("status") != "Converted" or created_at is None:
        return None
    later = [job for job in jobs if job.created_at and job.created_at > created_at]
    first = min(later, key=lambda job: (job.created_at, job.id), default=None)
    others = [each for each in leads if each["id"] != lead["id"]]
    is_over = first is not None and first.kind == "other" and not any(_is_open(each, first) for each in others)
    return first if is_over else None


def _is_open(lead: Row, job: Job) -> bool:
    created_at = moment(lead.get("created_on"))
    is_before = created_at is not None and job.created_at is not None and created_at < job.created_at
    return is_before and is_active(lead) and lead.get("status") == "Open"
