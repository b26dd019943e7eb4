"""The tables of list and export endpoints."""

from dataclasses import dataclass

from tests.simulator import choice_endpoints as choices
from tests.simulator import crm_endpoints as crm
from tests.simulator import job_endpoints as jpm

LISTINGS = (
    crm.CUSTOMERS,
    crm.CONTACTS,
    crm.LOCATIONS,
    crm.LEADS,
    crm.BOOKINGS,
    jpm.JOBS,
    jpm.APPOINTMENTS,
    jpm.JOB_TYPES,
    jpm.JOB_CANCEL_REASONS,
    jpm.APPOINTMENT_ASSIGNMENTS,
    jpm.ESTIMATES,
    jpm.BUSINESS_UNITS,
    choices.CAMPAIGNS,
    choices.CALL_REASONS,
    choices.TECHNICIANS,
    choices.TAG_TYPES,
)


@dataclass(frozen=True)
class Export:
    module: str
    path: str
    table: str
    scope: str
    spelling: str = ""  # of estimates: new or old; a switch may close one of them
    active_default: str | None = None  # None: it has no such parameter, and shows all

    @property
    def parameters(self) -> set[str]:
        return {"from", "includeRecentChanges"} | ({"active"} if self.active_default else set())


EXPORTS = (
    Export("crm", "export/customers", "customers", "tn.crm.customers"),
    Export("crm", "export/customers/contacts", "customer_contacts", "tn.crm.customers"),
    Export("crm", "export/locations", "locations", "tn.crm.locations"),
    Export("crm", "export/leads", "leads", "tn.crm.leads"),
    Export("crm", "export/bookings", "bookings", "tn.crm.bookings"),
    Export("jpm", "export/jobs", "jobs", "tn.jpm.jobs"),
    Export("jpm", "export/appointments", "appointments", "tn.jpm.appointments", active_default="Any"),
    Export("jpm", "export/job-canceled-logs", "job_canceled_logs", "tn.jpm.jobcanceledlogs"),
    Export(
        "dispatch",
        "export/appointment-assignments",
        "appointment_assignments",
        "tn.dis.appointmentassignments",
        active_default="True",
    ),
    Export("sales", "export/estimates", "estimates", "tn.sal.estimates", "new"),
    Export("sales", "estimates/export", "estimates", "tn.sal.estimates", "old"),
    Export("settings", "export/business-units", "business_units", "tn.stt.businessunits"),
)
