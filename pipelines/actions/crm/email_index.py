"""Our own copy of the customers' e-mail addresses, made by the sync for `pipelines.actions.crm.customer_match`.

ServiceTitan cannot be asked for a customer by e-mail, and the API never opens the warehouse. The copy holds no address,
only SHA-256 of tenant and address, and what it finds is compared with ServiceTitan's contacts again.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import duckdb

from pipelines.operations import open_operations, transaction

INDEX_BATCH = 50_000
NEWEST = "select max(_dlt_load_id) from servicetitan.customer_contacts"
CHANGED = """
select
    tenant_id,
    customer_id,
    id,
    case
        when type = 'Email' and active is distinct from false
            then unhex(sha256(tenant_id || ':' || lower(trim(value))))
    end as email_hash
from servicetitan.customer_contacts
where _dlt_load_id > ? and _dlt_load_id <= ?
"""
DELETE = "delete from known_emails where tenant_id = ? and customer_id = ? and contact_id = ?"
INSERT = "insert into known_emails (tenant_id, customer_id, contact_id, email_hash) values (?, ?, ?, ?)"

Contact = tuple[int, int, int, bytes | None]


def email_hash(tenant_id: int, email: str) -> bytes:
    """Of an address in the form of `email_address`."""
    return sha256(f"{tenant_id}:{email}".encode()).digest()


def copy_emails(con: duckdb.DuckDBPyConnection, operations: Path) -> int:
    """Takes over the contacts that were loaded since the last copy, in one transaction; gives how many."""
    with open_operations(operations) as store:
        newest = (con.execute(NEWEST).fetchone() or (None,))[0]
        known = (store.execute("select max(load_id) from known_emails_copied").fetchone())[0] or ""
        if newest is None or newest <= known:
            return 0
        copied = 0
        with transaction(store):
            for contacts in _changed(con, known, newest):
                store.executemany(DELETE, [contact[:3] for contact in contacts])
                store.executemany(INSERT, [contact for contact in contacts if contact[3] is not None])
                copied += len(contacts)
            store.execute("delete from known_emails_copied")
            store.execute("insert into known_emails_copied values (?)", (newest,))
    return copied


def _changed(con: duckdb.DuckDBPyConnection, known: str, newest: str) -> Iterator[list[Contact]]:
    found = con.execute(CHANGED, [known, newest])
    while contacts := found.fetchmany(INDEX_BATCH):
        yield contacts
