"""The list endpoints of the CRM; parameters as in ServiceTitan's OpenAPI documents of May 2026."""

from tests.simulator import lookups
from tests.simulator.filters import CHANGED, Filter, Test, contains, ignored, inside, number, numbers, text, truth
from tests.simulator.listing import Listing


def lacks(field: str) -> Filter:
    def parse(asked: str) -> Test:
        wanted = truth(asked)
        return lambda row: (row.record.get(field) is None) == wanted

    return parse


def has(field: str) -> Filter:
    def parse(asked: str) -> Test:
        wanted = truth(asked)
        return lambda row: (row.record.get(field) is not None) == wanted

    return parse


ADDRESS_PARTS = "street unit city state zip country latitude longitude"
ADDRESS: dict[str, Filter] = {part: inside("address", part) for part in ADDRESS_PARTS.split()}

CUSTOMERS = Listing(
    "crm",
    "customers",
    "customers",
    "tn.crm.customers",
    {"name": contains("name"), "excludeAccountingChangesFromModifiedDateRange": ignored, **ADDRESS, **CHANGED},
    active_default="True",
    lookup=lookups.customers,
    lookup_parameters=lookups.OF_CUSTOMERS,
)
CONTACTS = Listing(
    "crm",
    "customers/contacts",
    "customer_contacts",
    "tn.crm.customers",
    {"customerIds": numbers("customerId"), **CHANGED},
    sorts={},
    ids=False,
    by_id=False,
    needs_one_of=("customerIds", "modifiedBefore", "modifiedOnOrAfter"),
)
LOCATIONS = Listing(
    "crm",
    "locations",
    "locations",
    "tn.crm.locations",
    {"name": contains("name"), "customerId": number("customerId"), **ADDRESS, **CHANGED},
    active_default="True",
    lookup=lookups.locations,
    lookup_parameters=lookups.EXTERNAL_DATA,
)
LEADS = Listing(
    "crm",
    "leads",
    "leads",
    "tn.crm.leads",
    {
        "customerId": number("customerId"),
        "status": text("status"),
        "withoutCustomer": lacks("customerId"),
        "leadCustomerName": contains("leadCustomerName"),
        "leadPhone": contains("leadPhone"),
        "isCaptureSourceForm": has("captureSource"),
        "genPermUrl": ignored,
        **CHANGED,
    },
    lookup=lookups.leads,
    lookup_parameters=("isProspect", *lookups.OF_LEADS),
)
BOOKINGS = Listing("crm", "bookings", "bookings", "tn.crm.bookings", {"externalId": text("externalId"), **CHANGED})
