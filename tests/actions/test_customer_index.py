"""By what a customer is found in our own copy: made by the sync, enough where ServiceTitan's look-up knows nothing."""

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.analytics.customer_index import copy_index, indexed, survivors
from pipelines.operations import open_operations
from pipelines.settings import Settings
from tests.actions.conftest import DFW, SOCAL, Api
from tests.simulator.world import Company

CONTACTS = """
create schema servicetitan;
create table servicetitan.customer_contacts (
    tenant_id bigint, id bigint, customer_id bigint, active boolean, type varchar, value varchar, _dlt_load_id varchar
);
create table servicetitan.jobs (
    tenant_id bigint, id bigint, customer_id bigint, job_number varchar, _dlt_load_id varchar
);
create table servicetitan.customers (
    tenant_id bigint, id bigint, active boolean, merged_to_id bigint, _dlt_load_id varchar
);
"""
COUNTRIES = {SOCAL: "US"}


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(CONTACTS)
        yield con


def load(con: duckdb.DuckDBPyConnection, load_id: str, *rows: tuple[int, int, bool | None, str, str]) -> None:
    for contact, customer, active, kind, value in rows:
        con.execute("delete from servicetitan.customer_contacts where id = ? and customer_id = ?", [contact, customer])
        row = [SOCAL, contact, customer, active, kind, value, load_id]
        con.execute("insert into servicetitan.customer_contacts values (?, ?, ?, ?, ?, ?, ?)", row)


def found(api: Api, email: str) -> list[int]:
    return [customer["id"] for customer in api.read("/customers", tenant="socal", email=email).json()["customers"]]


def test_an_address_that_only_our_copy_knows_is_found(
    api: Api, settings: Settings, warehouse: duckdb.DuckDBPyConnection, socal: Company
) -> None:
    ada = socal.add_customer("Ada")
    contact = socal.add_contact(ada, "Email", " Ada@Example.com ")  # contact-methods compare it with its blanks
    assert found(api, "ada@example.com") == []
    load(warehouse, "1.0", (contact, ada, None, "Email", " Ada@Example.com "), (contact + 1, ada, True, "Phone", "1"))
    assert copy_index(warehouse, settings.operations, COUNTRIES) == 2
    assert found(api, "ada@example.com") == [ada]


def test_only_what_was_loaded_since_is_copied(settings: Settings, warehouse: duckdb.DuckDBPyConnection) -> None:
    load(warehouse, "1.0", (1, 10, True, "Email", "a@example.com"), (2, 20, True, "Email", "b@example.com"))
    assert copy_index(warehouse, settings.operations, COUNTRIES) == 2
    assert copy_index(warehouse, settings.operations, COUNTRIES) == 0
    load(warehouse, "2.0", (2, 20, False, "Email", "b@example.com"))
    assert copy_index(warehouse, settings.operations, COUNTRIES) == 1


def test_a_contact_that_went_or_changed_is_forgotten(
    api: Api, settings: Settings, warehouse: duckdb.DuckDBPyConnection, socal: Company, ada: int
) -> None:
    bob = socal.add_customer("Bob")
    (contact,) = [c["id"] for c in socal.records("customer_contacts") if c["type"] == "Email"]
    load(warehouse, "1.0", (contact, ada, True, "Email", "old@example.com"), (7, bob, True, "Email", "ada@example.com"))
    copy_index(warehouse, settings.operations, COUNTRIES)
    assert found(api, "old@example.com") == []  # the live contact has another address by now
    assert found(api, "ada@example.com") == [ada]  # and Bob has none


def test_the_copy_holds_no_value(settings: Settings, warehouse: duckdb.DuckDBPyConnection) -> None:
    load(warehouse, "1.0", (1, 10, True, "Email", "ada@example.com"), (2, 10, True, "Phone", "(213) 373-4253"))
    copy_index(warehouse, settings.operations, COUNTRIES)
    for file in settings.operations_file.parent.glob("operations.sqlite*"):
        assert b"ada@example" not in file.read_bytes()
        assert b"3734253" not in file.read_bytes()


def test_a_number_is_found_in_any_spelling_and_a_fax_is_none(
    settings: Settings, warehouse: duckdb.DuckDBPyConnection
) -> None:
    load(
        warehouse,
        "1.0",
        (1, 10, True, "Phone", "213-373-4253 (wife Mary)"),
        (2, 20, True, "MobilePhone", "+1 213 373 4253"),
        (3, 30, True, "Fax", "2133734253"),
        (4, 40, False, "Phone", "2133734253"),
        (5, 50, True, "Phone", "none"),
    )
    copy_index(warehouse, settings.operations, COUNTRIES)
    with open_operations(settings.operations) as store:
        for spelled in ("2133734253", "(213) 373.4253", "1-213-373-4253"):
            assert indexed(store, SOCAL, "phone", spelled, "US") == {10, 20}
        assert indexed(store, SOCAL, "phone", "none", "US") == set()
        assert indexed(store, DFW, "phone", "2133734253", "US") == set()


def test_a_job_leads_to_the_customer_whom_it_names_now(
    settings: Settings, warehouse: duckdb.DuckDBPyConnection
) -> None:
    warehouse.execute("insert into servicetitan.jobs values (?, 7, 10, '4711', '1.0')", [SOCAL])
    copy_index(warehouse, settings.operations, COUNTRIES)
    with open_operations(settings.operations) as store:
        assert indexed(store, SOCAL, "job", " 4711 ", "US") == {10}
        warehouse.execute("update servicetitan.jobs set customer_id = 20, _dlt_load_id = '2.0'")
        copy_index(warehouse, settings.operations, COUNTRIES)
        assert indexed(store, SOCAL, "job", "4711", "US") == {20}


def test_who_was_merged_away_stands_for_the_survivor(settings: Settings, warehouse: duckdb.DuckDBPyConnection) -> None:
    load(warehouse, "1.0", (1, 10, True, "Email", "ada@example.com"), (1, 30, True, "Email", "ada@example.com"))
    merges = [(10, False, 20), (20, False, 30), (30, True, None), (40, False, 41), (41, False, 40)]
    for customer, active, into in merges:
        row = [SOCAL, customer, active, into]
        warehouse.execute("insert into servicetitan.customers values (?, ?, ?, ?, '1.0')", row)
    copy_index(warehouse, settings.operations, COUNTRIES)
    with open_operations(settings.operations) as store:
        assert indexed(store, SOCAL, "email", "Ada@Example.com", "US") == {30}
        assert survivors(store, SOCAL, {10, 30, 50}) == {30, 50}
        assert survivors(store, SOCAL, {40}) == set(), "a ring names nobody"
        load(warehouse, "2.0", (1, 30, False, "Email", "ada@example.com"))
        copy_index(warehouse, settings.operations, COUNTRIES)
        assert indexed(store, SOCAL, "email", "ada@example.com", "US") == {30}, "the other's own contact stands"
