"""What `check` says of what nobody is mailed about: a lost mail is a number."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from orchestration.cli.table import print_table
from pipelines.settings import Tenant

WORDS = {
    "lead_without_customer": "leads without a customer: each waits until the office links one",
    "sold_estimate_on_other_job": "sold estimates on jobs that are other, and not from estimates_from up",
    "estimate_on_other_job": "estimates on jobs that are other, and not from estimates_from up",
    "record_that_waits": "records whose customer or job is not loaded",
    "event_without_a_date": "facts without a date",
}
BOOKINGS = "bookings that the actions made, and no job and no lead came of within a day"
COUNTED = "select tenant_id, reason, records_last_90_days, records from marts.unmailed_records"
NOT_READ = (
    "Bookings that others made are not read: a job or lead of theirs is, and what became nothing is not known here."
)


def show_unmailed(analytics: Path, tenants: Iterable[Tenant], bookings: Mapping[int, int]) -> None:
    """``bookings``: tenant -> how many of our own became nothing."""
    click.echo("\nWhat nobody is mailed about")
    print_table(list(lines(tenants, counted(analytics), bookings)), none="nothing, or not known before the first sync")
    click.echo(NOT_READ)


def lines(
    tenants: Iterable[Tenant], found: Mapping[tuple[int, str], tuple[int, int]], bookings: Mapping[int, int]
) -> Iterator[dict[str, str]]:
    for tenant in tenants:
        for reason, words in WORDS.items():
            if (tenant.id, reason) in found:
                recent, ever = found[tenant.id, reason]
                yield line(tenant, words, f"{recent:,}", ever)
        if bookings.get(tenant.id):
            yield line(tenant, BOOKINGS, "", bookings[tenant.id])


def line(tenant: Tenant, words: str, recent: str, ever: int) -> dict[str, str]:
    return {"tenant": tenant.name, "last 90 days": recent, "ever": f"{ever:,}", "what": words}


def counted(analytics: Path) -> dict[tuple[int, str], tuple[int, int]]:
    """Tenant and reason -> of the last 90 days, and ever. Nothing where it was not published yet."""
    import duckdb

    from pipelines.analytics.published import published

    if not analytics.exists():
        return {}
    with published(analytics) as con:
        try:
            found = con.execute(COUNTED).fetchall()
        except duckdb.CatalogException:
            return {}
    return {(tenant, reason): (recent, ever) for tenant, reason, recent, ever in found}
