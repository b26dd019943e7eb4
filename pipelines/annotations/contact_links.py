"""Which contact of Flow Builder is which customer."""

from datetime import datetime
from typing import NamedTuple

from pipelines.operations import Connection, moment, stamp

LINK = """
insert into contact_links (tenant_id, customer_id, contact_id, linked_at) values (?, ?, ?, ?)
on conflict (tenant_id, customer_id) do update set contact_id = excluded.contact_id, linked_at = excluded.linked_at
where contact_links.contact_id != excluded.contact_id
"""
ALL = "select tenant_id, customer_id, contact_id, linked_at from contact_links order by tenant_id, customer_id"


class ContactLink(NamedTuple):
    tenant_id: int
    customer_id: int
    contact_id: str
    linked_at: datetime


def link(con: Connection, new: ContactLink) -> None:
    """The latest counts."""
    con.execute(LINK, (*new[:-1], stamp(new.linked_at)))


def rows(con: Connection) -> list[ContactLink]:
    return [ContactLink(*row)._replace(linked_at=moment(row[-1])) for row in con.execute(ALL).fetchall()]


def last_stamp(con: Connection) -> str:
    """When the newest was made; empty: none was."""
    return con.execute("select max(linked_at) from contact_links").fetchone()[0] or ""
