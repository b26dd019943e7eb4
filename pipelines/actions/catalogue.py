"""The table of actions: what a node of Flow Builder can do, with which form and which result."""

from typing import Any

from pydantic import BaseModel

from pipelines.actions.action import Action
from pipelines.actions.crm.bookings import create_booking
from pipelines.actions.crm.contact_links import link_contact
from pipelines.actions.crm.customers import create_customer, find_customers, get_customer
from pipelines.actions.crm.estimates import get_estimates
from pipelines.actions.crm.leads import create_lead
from pipelines.actions.crm.listings import get_appointments, get_jobs, get_leads
from pipelines.actions.crm.states import get_state, update_state
from pipelines.actions.crm.transitions import check_transition, tenant_of
from pipelines.actions.samples import Sample, sample_of
from pipelines.actions.schemas import inputs, results
from pipelines.actions.schemas.json_schema import Schema, input_schema, result_schema


def _created(_result: BaseModel) -> int:
    return 201


def _accepted(_result: BaseModel) -> int:
    return 202


GET_CUSTOMER = Action(
    "servicetitan_get_customer",
    "Get a customer",
    "The customer as ServiceTitan has it now, with contacts.",
    inputs.GetCustomer,
    results.Customer,
    get_customer,
)
CREATE_CUSTOMER = Action(
    "servicetitan_create_customer",
    "Create a customer",
    "Finds the customer by phone and e-mail, and creates one with a location where there is none. Where several match,"
    " or it is not clear that it is the same person, nothing is created: they come back in the problem needs_review.",
    inputs.CreateCustomer,
    results.CreatedCustomer,
    create_customer,
    writes=True,
    status=lambda result: 201 if result.created else 200,
)
LINK_CONTACT = Action(
    "servicetitan_link_contact",
    "Link a contact to a customer",
    "Says which customer Flow Builder's contact is; with the next sync. A link that is there is moved only where that"
    " is asked for.",
    inputs.LinkContact,
    results.LinkedContact,
    link_contact,
    writes=True,
)
GET_APPOINTMENTS = Action(
    "servicetitan_get_appointments",
    "Get appointments",
    "Appointments, by customer, job, status or time.",
    inputs.GetAppointments,
    results.ResultPage[results.Appointment],
    get_appointments,
)
GET_JOBS = Action(
    "servicetitan_get_jobs",
    "Get jobs",
    "Jobs, by customer, location, status, type or time.",
    inputs.GetJobs,
    results.ResultPage[results.Job],
    get_jobs,
)
GET_ESTIMATES = Action(
    "servicetitan_get_estimates",
    "Get estimates",
    "Estimates, by customer, job, location, status or time.",
    inputs.GetEstimates,
    results.ResultPage[results.Estimate],
    get_estimates,
)
GET_LEADS = Action(
    "servicetitan_get_leads",
    "Get leads",
    "Leads, by customer, status or time.",
    inputs.GetLeads,
    results.ResultPage[results.Lead],
    get_leads,
)
CREATE_LEAD = Action(
    "servicetitan_create_lead",
    "Create a lead",
    "A lead for a customer, or for somebody who is none yet.",
    inputs.CreateLead,
    results.Lead,
    create_lead,
    writes=True,
    status=_created,
)
CREATE_BOOKING = Action(
    "servicetitan_create_booking",
    "Create a booking",
    "A booking for the office to confirm, at the tenant's booking provider.",
    inputs.CreateBooking,
    results.Booking,
    create_booking,
    writes=True,
    status=_created,
)
GET_STATE = Action(
    "servicetitan_get_state",
    "Get a customer's state",
    "Where the customer stood at the last sync, and how it came there.",
    inputs.GetState,
    results.CustomerState,
    get_state,
    live=False,
)
UPDATE_STATE = Action(
    "servicetitan_update_state",
    "Set a customer's state",
    "Sets the state by hand. It takes effect, and starts the state's flow, with the next sync.",
    inputs.UpdateState,
    results.StateSet,
    update_state,
    writes=True,
    status=_accepted,
)
CHECK_TRANSITION = Action(
    "servicetitan_check_transition",
    "May this flow still send?",
    "Asked before each mail of a flow: whether what started it still stands, and the customer is willing;"
    " with the visit, the address and all else as they are now.",
    inputs.CheckTransition,
    results.TransitionCheck,
    check_transition,
    live=False,
    tenant_of=tenant_of,
)

# No action of Flow Builder's, only a route.
FIND_CUSTOMERS = Action(
    "find_customers",
    "Find customers",
    "By phone, e-mail or both; active customers only.",
    inputs.FindCustomers,
    results.FoundCustomers,
    find_customers,
)

# In the order in which a node shows them.
GROUPS: dict[str, tuple[Action[Any, Any], ...]] = {
    "Customers": (
        GET_CUSTOMER,
        CREATE_CUSTOMER,
        LINK_CONTACT,
    ),
    "Jobs and estimates": (
        GET_APPOINTMENTS,
        GET_JOBS,
        GET_ESTIMATES,
    ),
    "Leads and bookings": (
        GET_LEADS,
        CREATE_LEAD,
        CREATE_BOOKING,
    ),
    "States and flows": (
        GET_STATE,
        UPDATE_STATE,
        CHECK_TRANSITION,
    ),
}
ACTIONS: dict[str, Action[Any, Any]] = {action.name: action for group in GROUPS.values() for action in group}


class CatalogueEntry(BaseModel):
    type: str
    label: str
    group: str
    description: str
    writes: bool
    input_schema: Schema
    result_schema: Schema
    sample: Sample


def entry(action: Action[Any, Any]) -> CatalogueEntry:
    return CatalogueEntry(
        type=action.name,
        label=action.label,
        group=next(group for group, actions in GROUPS.items() if action in actions),
        description=action.description,
        writes=action.writes,
        input_schema=input_schema(action.input),
        result_schema=result_schema(action.result),
        sample=sample_of(action.name),
    )
