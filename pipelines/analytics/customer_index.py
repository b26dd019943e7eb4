"""By what a customer is found in our own copy: numbers, addresses, job numbers, ids that were merged away.

ServiceTitan cannot be asked for a customer by e-mail, and neither the API nor a command opens the warehouse. The index
lies in the operations store, written by the sync, and holds no value, only SHA-256 of a salt of the tenant's own and
the value in its one form.
"""

import secrets
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Literal, NamedTuple

import duckdb

from pipelines.flow_builder.contact_points import readable_email, readable_phone
from pipelines.operations import Connection, Place, open_operations, transaction

Kind = Literal["phone", "email", "job", "merged"]
INDEX_BATCH = 5_000
MAX_MERGES = 10  # of merges


class Source(NamedTuple):
    """Of whose changed rows ``columns`` are a kind and a value, null where there is none to be found by.
    ``is_shared``: its id may stand below several customers, and not name one after the other."""

    table: str
    customer: str
    columns: str
    is_shared: bool = False


SOURCES = (
    Source(
        "customer_contacts",
        "customer_id",
        "case when active is distinct from false then case type when 'Email' then 'email' when 'Phone' then 'phone'"
        " when 'MobilePhone' then 'phone' end end, value",
        is_shared=True,
    ),
    Source("jobs", "customer_id", "'job', job_number"),
    Source("customers", "merged_to_id", "case when not active then 'merged' end, id::varchar"),
)
NEWEST = "select max(_dlt_load_id) from servicetitan.{table}"
CHANGED = """
    select tenant_id, id, {customer}, {columns} from servicetitan.{table}
    where _dlt_load_id > ? and _dlt_load_id <= ?
"""
COPIED = "select load_id from customer_index_copied where source_table = ?"
NOW_COPIED = """
    insert into customer_index_copied values (?, ?)
    on conflict (source_table) do update set load_id = excluded.load_id
"""
FORGET = "delete from customer_index where tenant_id = ? and source_table = ? and source_id = ?"
INSERT = """
    insert into customer_index (tenant_id, source_table, source_id, customer_id, value_hash) values (?, ?, ?, ?, ?)
"""
NEW_SALT = "insert into customer_index_salts (tenant_id, salt) values (?, ?) on conflict (tenant_id) do nothing"
SALT = "select salt from customer_index_salts where tenant_id = ?"
FOUND = "select distinct customer_id from customer_index where tenant_id = ? and value_hash = ?"

Row = tuple[int, int, int | None, Kind | None, str | None]


def copy_index(warehouse: duckdb.DuckDBPyConnection, operations: Place, countries: Mapping[int, str]) -> int:
    """Takes over what was loaded since the last copy; gives the number of records. Cut off, it is done once more."""
    with open_operations(operations) as store:
        return sum(_copy(warehouse, store, source, countries) for source in SOURCES)


def _copy(warehouse: duckdb.DuckDBPyConnection, store: Connection, source: Source, countries: Mapping[int, str]) -> int:
    newest = (warehouse.execute(NEWEST.format(**source._asdict())).fetchone() or (None,))[0]
    (known,) = store.execute(COPIED, [source.table]).fetchone() or ("",)
    if newest is None or newest <= known:
        return 0
    copied = 0
    for rows in _changed(warehouse, source, known, newest):
        entries = _entries(source, rows, _salts(store, {tenant for tenant, *_ in rows}), countries)
        with transaction(store):  # of milliseconds: leads and deliveries are written, too
            _forget(store, source, rows)
            store.executemany(INSERT, entries)
        copied += len(rows)
    with transaction(store):
        store.execute(NOW_COPIED, [source.table, newest])
    return copied


def _changed(warehouse: duckdb.DuckDBPyConnection, source: Source, known: str, newest: str) -> Iterator[list[Row]]:
    found = warehouse.execute(CHANGED.format(**source._asdict()), [known, newest])
    while rows := found.fetchmany(INDEX_BATCH):
        yield rows


def _entries(
    source: Source, rows: list[Row], salts: Mapping[int, bytes], countries: Mapping[int, str]
) -> list[tuple[int, str, int, int, bytes]]:
    return [
        (tenant, source.table, number, customer, value_hash(salts[tenant], kind, value))
        for tenant, number, customer, kind, text in rows
        if customer and kind and (value := one_form(kind, text, countries.get(tenant, "US")))
    ]


def _forget(store: Connection, source: Source, rows: list[Row]) -> None:
    if source.is_shared:
        forgotten = [(tenant, source.table, number, customer) for tenant, number, customer, *_ in rows]
        store.executemany(f"{FORGET} and customer_id = ?", forgotten)
    else:
        store.executemany(FORGET, [(tenant, source.table, number) for tenant, number, *_ in rows])


def one_form(kind: Kind, text: str | None, country: str) -> str | None:
    """E.164, an address in lower case, a number; None for what is none."""
    if kind == "phone":
        phone = readable_phone(text, country)
        return phone.number if phone else None
    return readable_email(text) if kind == "email" else (text or "").strip() or None


def value_hash(salt: bytes, kind: Kind, value: str) -> bytes:
    return sha256(salt + f"{kind}:{value}".encode()).digest()


def _salts(store: Connection, tenants: set[int]) -> dict[int, bytes]:
    """Made when a tenant's first record comes."""
    with transaction(store):
        store.executemany(NEW_SALT, [(tenant, secrets.token_bytes(16)) for tenant in tenants])
    return {tenant: _salt(store, tenant) for tenant in tenants}


def _salt(store: Connection, tenant_id: int) -> bytes:
    """Empty where nothing of the tenant was copied."""
    (salt,) = store.execute(SALT, [tenant_id]).fetchone() or (b"",)
    return bytes(salt)


def indexed(store: Connection, tenant_id: int, kind: Kind, text: str, country: str) -> set[int]:
    """Customers of that number, address or job; one that was merged away stands for its survivor."""
    value, salt = one_form(kind, text, country), _salt(store, tenant_id)
    return survivors(store, tenant_id, _found(store, tenant_id, value_hash(salt, kind, value))) if value else set()


def survivors(store: Connection, tenant_id: int, customers: set[int]) -> set[int]:
    salt, standing = _salt(store, tenant_id), set[int]()
    for _ in range(MAX_MERGES):
        into = {one: _found(store, tenant_id, value_hash(salt, "merged", str(one))) for one in customers}
        standing |= {one for one in customers if not into[one]}
        if not (customers := set().union(*into.values()) - standing):
            break
    return standing


def _found(store: Connection, tenant_id: int, hashed: bytes) -> set[int]:
    return {customer for (customer,) in store.execute(FOUND, [tenant_id, hashed]).fetchall()}
