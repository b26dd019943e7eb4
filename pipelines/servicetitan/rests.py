"""A tenant that was given up rests: 1, 2, 4 … at most 15 minutes, until a scheduled sync asks it again.

The turn after a call that was still waiting for its answer is long enough for ServiceTitan's slowest page. It makes the
other tenants wait, too: so it comes every second time at most, and where no call of the tenant got through at all,
which no page explains, only once the rests are at their longest.
"""

import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.operations import OperationsError, moment, open_operations, stamp, transaction
from pipelines.servicetitan.api.retry import RetryPolicy
from pipelines.servicetitan.api.visit import Visit
from pipelines.settings import Settings, Tenant
from pipelines.tenants import directory

FIRST, LONGEST = timedelta(minutes=1), timedelta(minutes=15)
KEEP = """
    insert into tenant_rests (tenant_id, times, ends_at, why, next_is_long, fingerprint) values (?, ?, ?, ?, ?, ?)
    on conflict (tenant_id) do update set times = excluded.times, ends_at = excluded.ends_at, why = excluded.why,
        next_is_long = excluded.next_is_long, fingerprint = excluded.fingerprint
"""


@dataclass(frozen=True)
class Rest:
    """``times``: how often in a row the tenant was given up."""

    times: int
    ends_at: datetime
    why: str
    next_is_long: bool
    fingerprint: str

    def lasts(self, now: datetime) -> bool:
        """One that ends later than any rest is from before the clock was set back."""
        return now < self.ends_at <= now + LONGEST


Rests = Mapping[int, Rest]


def known_rests(settings: Settings) -> Rests:
    """By tenant; without those who are asked with something else now. A file that cannot be read knows of none."""
    if not settings.operations.exists():
        return {}
    try:
        with open_operations(settings.operations) as con:
            rows = {
                row[0]: row[1:]
                for row in con.execute(
                    "select tenant_id, times, ends_at, why, next_is_long, fingerprint from tenant_rests"
                )
            }
    except OperationsError:
        return {}
    found = {
        tenant_id: Rest(times, moment(ends_at), why, bool(next_is_long), fingerprint)
        for tenant_id, (times, ends_at, why, next_is_long, fingerprint) in rows.items()
    }
    return {
        tenant.id: found[tenant.id]
        for tenant in directory.all(settings)
        if tenant.id in found and is_print_of(found[tenant.id].fingerprint, settings, tenant)
    }


def turn(settings: Settings, retry: RetryPolicy, rest: Rest | None) -> Visit:
    """How long a tenant is asked in this sync."""
    seconds = settings.sync_seconds or float("inf")
    if rest and rest.next_is_long:
        return Visit(seconds, max(retry.silence, retry.timeout), retry.timeout, retry.monotonic)
    return Visit(seconds, retry.silence, 0, retry.monotonic)


def keep_rests(settings: Settings, before: Rests, visits: Iterable[tuple[Tenant, Visit]], now: datetime) -> None:
    """After the visits. Who was asked within a rest, and in vain, rests no longer for it."""
    changed = [(tenant, visit) for tenant, visit in visits if visit.given_up or tenant.id in before]
    if not changed:
        return
    with open_operations(settings.operations) as con, transaction(con):
        for tenant, visit in changed:
            rest = before.get(tenant.id)
            if visit.given_up is None:
                con.execute("delete from tenant_rests where tenant_id = ?", [tenant.id])
            elif not (rest and rest.lasts(now)):
                after = next_rest(rest, visit, now, rest.fingerprint if rest else print_of(settings, tenant))
                row = (after.times, stamp(after.ends_at), after.why, int(after.next_is_long), after.fingerprint)
                con.execute(KEEP, (tenant.id, *row))


def next_rest(before: Rest | None, visit: Visit, now: datetime, fingerprint: str) -> Rest:
    times = before.times + 1 if before else 1
    length = min(FIRST * 2 ** min(times - 1, 10), LONGEST)
    was_long = before is not None and before.next_is_long
    next_is_long = visit.waiting and not was_long and (visit.answered or length == LONGEST)
    return Rest(times, now + length, visit.given_up or "", next_is_long, fingerprint)


def print_of(settings: Settings, tenant: Tenant, salt: str | None = None) -> str:
    """Of everything that a tenant is asked with; the salt stands before it."""
    salt = salt or secrets.token_hex(16)
    parts = [
        settings.api_url,
        settings.auth_url,
        settings.servicetitan_app_key.get_secret_value(),
        tenant.client_id,
        tenant.client_secret.get_secret_value(),
    ]
    return f"{salt}:{hmac.digest(salt.encode(), repr(parts).encode(), 'sha256').hex()}"


def is_print_of(fingerprint: str, settings: Settings, tenant: Tenant) -> bool:
    salt, _, _ = fingerprint.partition(":")
    return hmac.compare_digest(fingerprint, print_of(settings, tenant, salt))
