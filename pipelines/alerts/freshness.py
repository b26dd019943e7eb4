"""Tenants whose marts are stale."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from croniter import croniter

from pipelines.alerts.alert import Alert
from pipelines.alerts.message import when
from pipelines.settings import Tenant

INTERVALS = 3
MAX_QUIET = timedelta(hours=1)


def stale_tenants(
    tenants: Sequence[Tenant], last_complete: Mapping[int, datetime], cron: str, now: datetime
) -> Iterator[tuple[str, Alert]]:
    """Those whose last complete sync is more than three intervals of the schedule away; in the future, too, which
    comes of a clock that was set back."""
    for tenant in tenants:
        last = last_complete.get(tenant.id)
        if last and abs(now - last) > intervals(cron, last, INTERVALS):
            yield (
                f"stale {tenant.name}",
                Alert(
                    f"{tenant.name}: no complete sync since {when(last)}, so its marts are stale",
                    last,
                    "see in Dagster that the schedule sync_schedule is on, and why the last runs of sync failed;"
                    " `servicetitan-flow check` tries every stream",
                ),
            )


def intervals(cron: str, moment: datetime, count: int) -> timedelta:
    """How long ``count`` intervals last, from the one that holds the moment on."""
    began: datetime = croniter(cron, moment + timedelta(microseconds=1), ret_type=datetime).get_prev()
    ends: list[datetime] = list(islice(croniter(cron, began, ret_type=datetime), count))
    return ends[-1] - began


def quiet(cron: str, now: datetime) -> timedelta:
    """How long a trouble must be gone before it is over: so long that what fails at every other sync is one trouble."""
    return min(intervals(cron, now, 1) * 1.5, MAX_QUIET)
