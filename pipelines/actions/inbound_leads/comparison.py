"""A lead beside the customers whom it may belong to, for the person who has to say whose it is."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from pipelines.actions.context import ActionContext
from pipelines.actions.crm.customer_match import contacts_of, known, typed_contacts
from pipelines.actions.crm.identity import Given, written
from pipelines.actions.crm.listings import typed
from pipelines.actions.crm.merges import survivors
from pipelines.actions.crm.names import have_in_common, may_be
from pipelines.actions.crm.places import is_among, one_line
from pipelines.actions.database import Row
from pipelines.actions.inbound_leads.forms import TakenLead, person_in, stored_lead
from pipelines.actions.schemas.results import Address, Customer
from pipelines.actions.web.problems import Problem
from pipelines.actions.web.servicetitan_problems import as_problem
from pipelines.analytics.reader import Row as StateRow
from pipelines.servicetitan.api.errors import ServiceTitanError

MAX_CANDIDATES = 10  # of a lead, that are shown


@dataclass(frozen=True)
class Shown:
    """One value of a customer's. ``agrees``: the lead says the same; None: it says nothing of it."""

    text: str
    agrees: bool | None


@dataclass(frozen=True)
class Candidate:
    """``state``: as of the last sync; None: it did not know the customer yet."""

    id: int
    name: Shown
    is_active: bool
    addresses: Sequence[Shown] = ()
    phones: Sequence[Shown] = ()
    emails: Sequence[Shown] = ()
    state: float | None = None
    state_name: str | None = None


@dataclass(frozen=True)
class Compared:
    """``left_out``: more candidates than are shown; ``trouble``: why our own copy alone was asked, which knows names
    and states."""

    candidates: Sequence[Candidate]
    left_out: int = 0
    trouble: str | None = None


def candidate_ids(row: Row) -> list[int]:
    """The customer whose it is, where that is known."""
    found: list[int] = orjson.loads(row["candidates"] or "[]")
    return found or [one for one in [row["customer_id"]] if one]


def lead_in(row: Row) -> TakenLead | None:
    """None where it is forgotten."""
    return stored_lead(row["lead"]) if orjson.loads(row["lead"]) else None


def compare(call: ActionContext, rows: Sequence[Row]) -> dict[str, Compared]:
    """By the leads' ids; all of the call's tenant. ServiceTitan is asked for all at once."""
    shown = {row["id"]: candidate_ids(row)[:MAX_CANDIDATES] for row in rows}
    wanted = set().union(*shown.values())
    states = call.services.marts.states(call.tenant.id, wanted)
    live, trouble = dict[int, Customer](), None
    try:
        live |= _live(call, wanted)
    except Problem as problem:
        trouble = problem.words
    found = {}
    for row in rows:
        some = [_candidate(call, row, one, live.get(one), states.get(one)) for one in shown[row["id"]]]
        once = {one.id: one for one in some if one}  # who was merged away stands for the survivor
        left_out = len(candidate_ids(row)) - len(some)
        found[row["id"]] = Compared([*once.values()], left_out, trouble if some else None)
    return found


def _live(call: ActionContext, customer_ids: Collection[int]) -> Iterator[tuple[int, Customer]]:
    """Who they are now: one that was merged away is the survivor. Raises `Problem`."""
    if not customer_ids:
        return
    try:
        records = survivors(call, customer_ids)
        contacts = contacts_of(call, {record["id"] for record in records.values()})
    except ServiceTitanError as error:
        raise as_problem(error) from None
    for one, record in records.items():
        customer = typed(Customer, record | {"contacts": []})
        yield one, customer.model_copy(update={"contacts": typed_contacts(contacts[record["id"]])})


def _candidate(
    call: ActionContext, row: Row, customer_id: int, live: Customer | None, state: StateRow | None
) -> Candidate | None:
    """None for one whom neither ServiceTitan nor our copy has."""
    lead = lead_in(row)
    person = person_in(lead, call.tenant) if lead else Given(None, None, None)
    place = Address(**lead.address.model_dump()) if lead else Address()
    at = {"state": float(state["current_state"]), "state_name": state["current_state_name"]} if state else {}
    if live is None:
        return _of_copy(person, customer_id, state, at) if state else None
    customer = known(live, call.tenant.country)
    places = [one for one in customer.places if one_line(one)]
    says = bool(one_line(place))
    return Candidate(
        live.id,
        _name(person, live.name),
        live.active is not False,
        [Shown(one_line(one), is_among(place, [one]) if says else None) for one in places],
        _shown({written(one): person.phone and one.number == person.phone.number for one in customer.phones}),
        _shown({one: person.email and one == person.email for one in customer.emails}),
        **at,
    )


def _of_copy(person: Given, customer_id: int, state: StateRow, at: Mapping[str, object]) -> Candidate:
    return Candidate(customer_id, _name(person, state["customer_name"]), bool(state["customer_is_active"]), **at)  # type: ignore[arg-type]


def _name(person: Given, name: str | None) -> Shown:
    said, has = person.name, name or ""
    return Shown(has or "(no name)", may_be(said, has) and have_in_common(said, has) if said else None)


def _shown(values: Mapping[str, bool | str | None]) -> list[Shown]:
    """What agrees first."""
    found = [Shown(text, None if agrees is None else bool(agrees)) for text, agrees in values.items()]
    return sorted(found, key=lambda one: (not one.agrees, one.text))
