"""Tenants that people have connected, kept in the operations store with their secrets encrypted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from pydantic import Field

from pipelines.operations import Connection, stamp
from pipelines.settings import Tenant
from pipelines.tenants.encryption import Locked, SecretsKey

FIELDS = (
    "name",
    "id",
    "client_id",
    "client_secret",
    "timezone",
    "workspace_id",
    "booking_provider_id",
    "country",
    "delivery",
)
COLUMNS = ", ".join(FIELDS).replace(" id,", " tenant_id,", 1)
READ = f"select {COLUMNS} from tenants order by connected_at, name"
PUT = f"""
insert into tenants ({COLUMNS}, connected_by, connected_at, changed_by, changed_at)
values ({", ".join(f":{field}" for field in FIELDS)}, :by, :now, :by, :now)
on conflict (name) do update set client_id = excluded.client_id, client_secret = excluded.client_secret,
    timezone = excluded.timezone, workspace_id = excluded.workspace_id,
    booking_provider_id = excluded.booking_provider_id, country = excluded.country, delivery = excluded.delivery,
    changed_by = excluded.changed_by, changed_at = excluded.changed_at
"""
NAME = "^[A-Za-z][A-Za-z0-9_-]{0,63}$"  # no id, and nothing that ACTIONS_TOKENS has between names
CHANGED = "update tenants_version set version = ?, changed_at = ?"


class StoredTenant(Tenant):
    """``lock``: why its secret cannot be read; ``client_secret`` is then as it is stored."""

    name: str = Field(pattern=NAME)
    lock: str | None = None

    @property
    def locked(self) -> str | None:
        return self.lock and (
            f"not connected: {self.lock}; put the one back under which its secret was stored, or connect it anew,"
            " with its client secret"
        )

    @property
    def credentials(self) -> str:
        return "its client id and secret"

    def variable(self, name: str) -> str:
        return f"{name.lower()} of tenant {self.name}"


def read(con: Connection, key: SecretsKey) -> list[StoredTenant]:
    """In the order in which they came."""
    return [opened(dict(zip(FIELDS, row, strict=True)), key) for row in con.execute(READ).fetchall()]


def opened(row: Mapping[str, Any], key: SecretsKey) -> StoredTenant:
    try:
        return StoredTenant(**{**row, "client_secret": key.decrypt(row["client_secret"])})
    except Locked as lock:
        return StoredTenant(**row, lock=str(lock))


def put(con: Connection, tenant: Tenant, key: SecretsKey, by: str, now: datetime) -> None:
    """Within the caller's transaction. Raises `ConfigurationError` without a key."""
    plain = tenant.model_dump(include={*FIELDS}, mode="json")
    con.execute(PUT, {**plain, "client_secret": key.encrypt(tenant.client_secret), "by": by, "now": stamp(now)})
    note_change(con, now)


def remove(con: Connection, name: str, now: datetime) -> bool:
    """Within the caller's transaction; whether it was there."""
    removed = con.execute("delete from tenants where name = ?", [name]).rowcount == 1
    if removed:
        note_change(con, now)
    return removed


def rotate(con: Connection, key: SecretsKey, now: datetime) -> tuple[int, list[StoredTenant]]:
    """All secrets anew under the first key, within the caller's transaction: how many, and those that stay as they are,
    for no key opens them."""
    tenants = read(con, key)
    readable = [tenant for tenant in tenants if not tenant.locked]
    for tenant in readable:
        con.execute(
            "update tenants set client_secret = ? where name = ?", [key.encrypt(tenant.client_secret), tenant.name]
        )
    note_change(con, now)
    return len(readable), [tenant for tenant in tenants if tenant.locked]


def note_change(con: Connection, now: datetime) -> None:
    con.execute(CHANGED, [uuid4().hex, stamp(now)])


def version(con: Connection) -> str:
    """Another one after every write."""
    [(found,)] = con.execute("select version from tenants_version").fetchall()
    return str(found)


def last_stamp(con: Connection) -> str:
    """When the last change was; empty: there was none."""
    return con.execute("select changed_at from tenants_version").fetchone()[0] or ""
