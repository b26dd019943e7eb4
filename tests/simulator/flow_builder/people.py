"""Whether the person may be written to, and is the one who is written to."""

from collections.abc import Iterator

from tests.simulator.flow_builder.books import is_active, readable
from tests.simulator.flow_builder.case import Case
from tests.simulator.flow_builder.causes import Cause
from tests.simulator.tables import Row


def against_the_person(case: Case) -> Iterator[Cause]:
    customer = case.books.find("customers", case.books.survivor(case.mail.customer_id)) or {}
    if not is_active(customer):
        yield Cause.INACTIVE
    if customer.get("doNotService"):
        yield Cause.DO_NOT_SERVICE
    if customer.get("doNotMail"):
        yield Cause.DO_NOT_MAIL
    yield from against_the_address(case)


def against_the_address(case: Case) -> Iterator[Cause]:
    address = readable(case.mail.email)
    if address is None or address != case.mail.email.strip().lower():
        yield Cause.UNREADABLE
        return
    theirs = [one for owner in case.books.household(case.mail.customer_id) for one in case.books.addresses(owner)]
    opted_out = [is_opted_out for known, is_opted_out in theirs if known == address]
    if not opted_out:
        yield Cause.ANOTHERS_ADDRESS if is_anybodys(case, address) else Cause.ADDRESS_GONE
    elif case.mail.flow.is_marketing and any(opted_out):
        yield Cause.OPTED_OUT


def is_anybodys(case: Case, address: str) -> bool:
    return any(_is_of(address, row) for row in case.books.rows["customer_contacts"].values())


def _is_of(address: str, row: Row) -> bool:
    contact = row.record
    return contact["type"] == "Email" and is_active(contact) and readable(str(contact["value"])) == address
