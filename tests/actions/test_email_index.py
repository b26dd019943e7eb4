"""Our own copy of the e-mail addresses: made by the sync, and enough where ServiceTitan's look-up knows nothing."""

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.actions.crm.email_index import copy_emails
from pipelines.settings import Settings
from tests.actions.conftest import SOCAL, Api
from tests.simulator.world import Company

CONTACTS = """
create schema servicetitan;
create table servicetitan.customer_contacts (
    tenant_id bigint, id bigint, customer_id bigint, active boolean, type varchar, value varchar, _dlt_load_id varchar
);
"""


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(CONTACTS)
        yield con


def load(con: duckdb.DuckDBPyConnection, load_id: str, *rows: tuple[int, int, bool | None, str, str]) -> None:
    for contact, customer, active, kind, value in rows:
        con.execute("delete from servicetitan.customer_contacts where id = ?", [contact])
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
    assert copy_emails(warehouse, settings.operations) == 2
    assert found(api, "ada@example.com") == [ada]


def test_only_what_was_loaded_since_is_copied(settings: Settings, warehouse: duckdb.DuckDBPyConnection) -> None:
    load(warehouse, "1.0", (1, 10, True, "Email", "a@example.com"), (2, 20, True, "Email", "b@example.com"))
    assert copy_emails(warehouse, settings.operations) == 2
    assert copy_emails(warehouse, settings.operations) == 0
    load(warehouse, "2.0", (2, 20, False, "Email", "b@example.com"))
    assert copy_emails(warehouse, settings.operations) == 1


def test_a_contact_that_went_or_changed_is_forgotten(
    api: Api, settings: Settings, warehouse: duckdb.DuckDBPyConnection, socal: Company, ada: int
) -> None:
    bob = socal.add_customer("Bob")
    (contact,) = [c["id"] for c in socal.records("customer_contacts") if c["type"] == "Email"]
    load(warehouse, "1.0", (contact, ada, True, "Email", "old@example.com"), (7, bob, True, "Email", "ada@example.com"))
    copy_emails(warehouse, settings.operations)
    assert found(api, "old@example.com") == []  # the live contact has another address by now
    assert found(api, "ada@example.com") == [ada]  # and Bob has none


def test_the_copy_holds_no_address(settings: Settings, warehouse: duckdb.DuckDBPyConnection) -> None:
    load(warehouse, "1.0", (1, 10, True, "Email", "ada@example.com"))
    copy_emails(warehouse, settings.operations)
    for file in settings.operations.parent.glob("operations.sqlite*"):
        assert b"ada@example" not in file.read_bytes()
