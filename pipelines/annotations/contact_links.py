"""Which contact of Flow Builder is which customer."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pipelines.operations import Connection, moment, stamp

LINK = """
insert into contact_links (tenant_id, customer_id, contact_id, linked_at) values (?, ?, ?, ?)
on conflict (tenant_id, customer_id) do update set contact_id = excluded.contact_id, linked_at = excluded.linked_at
where contact_links.contact_id is distinct from excluded.contact_id
"""
UNLINK = """
update contact_links set contact_id = null, linked_at = ? where tenant_id = ? and contact_id = ? and customer_id != ?
"""
ALL = "select tenant_id, customer_id, contact_id, linked_at from contact_links order by tenant_id, customer_id"
OF_CUSTOMER = "select contact_id from contact_links where tenant_id = ? and customer_id = ?"
OF_CONTACT = "select customer_id from contact_links where tenant_id = ? and contact_id = ? order by customer_id"

NEWEST_OF = """
select contact_id from contact_links
where tenant_id = ? and contact_id is not null and customer_id in ({customers})
order by linked_at desc, contact_id limit 1
"""
FIRST = "select min(linked_at) from contact_links where tenant_id = ? and contact_id is not null"


class ContactLink(NamedTuple):
    """``contact_id`` is None where it was moved to another customer."""

    tenant_id: int
    customer_id: int
    contact_id: str | None
    linked_at: datetime


def link(con: Connection, new: ContactLink) -> None:
    """The customer has this contact from now on, and no other customer has it."""
    at = stamp(new.linked_at)
    con.execute(UNLINK, (at, new.tenant_id, new.contact_id, new.customer_id))
    con.execute(LINK, (*new[:-1], at))


def contact_of(con: Connection, tenant_id: int, customer_id: int) -> str | None:
    """Of its own."""
    found: str | None = (con.execute(OF_CUSTOMER, (tenant_id, customer_id)).fetchone() or (None,))[0]
    return found


def customers_of(con: Connection, tenant_id: int, contact_id: str) -> list[int]:
    return [row[0] for row in con.execute(OF_CONTACT, (tenant_id, contact_id)).fetchall()]


def newest_of(con: Connection, tenant_id: int, customers: Sequence[int]) -> str | None:
    """The contact that was linked last to one of them."""
    query = NEWEST_OF.format(customers=", ".join("?" * len(customers)))
    found: str | None = (con.execute(query, (tenant_id, *customers)).fetchone() or (None,))[0]
    return found


def first_stamp(con: Connection, tenant_id: int) -> str:
    """When the oldest of them was made; empty: the tenant has none."""
    return con.execute(FIRST, (tenant_id,)).fetchone()[0] or ""


def rows(con: Connection) -> list[ContactLink]:
    return [ContactLink(*row)._replace(linked_at=moment(row[-1])) for row in con.execute(ALL).fetchall()]


def last_stamp(con: Connection) -> str:
    """When the newest was made; empty: none was."""
    return con.execute("select max(linked_at) from contact_links").fetchone()[0] or ""
