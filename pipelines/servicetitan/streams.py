"""The table of streams: what is read from ServiceTitan, and the columns that it becomes.

Fields and scopes: ServiceTitan's OpenAPI documents of May 2026.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

DataType = Literal["bigint", "bool", "text", "timestamp", "decimal", "json"]


@cache
def snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def fields(**names_by_type: str) -> dict[str, DataType]:
    """``fields(bigint="id customerId")`` -> ``{"id": "bigint", "customerId": "bigint"}``."""
    return {name: kind for kind, names in names_by_type.items() for name in names.split()}  # type: ignore[misc]


@dataclass(frozen=True)
class Stream:
    """One resource of one ServiceTitan module; ``name`` is the raw table's."""

    name: str
    module: str
    path: str
    scope: str
    fields: Mapping[str, DataType] = field(hash=False)
    export: bool = True
    older_export: str | None = None  # the export's path in older versions of the API
    export_active: bool = False  # the export hides inactive records unless ``active=Any``
    listed: bool = True  # there is a list over the whole tenant
    list_sorted: bool = True  # the list takes ``sort=+ModifiedOn``
    list_active: bool = True  # the list hides inactive records unless ``active=Any``
    list_incremental: bool = True  # the list takes ``modifiedOnOrAfter``
    after: str | None = None  # the stream that must be read before, per tenant; it stands before this one in `STREAMS`
    optional: bool = False  # a tenant whose app lacks the scope or the module does without it
    facts_only: bool = False  # messages say it, and no state comes of it: what changes in it is no news
    key: tuple[str, ...] = ("id",)
    enumerations: Mapping[str, str] = field(default_factory=dict, hash=False)  # field, or field.part -> known values

    @property
    def columns(self) -> dict[str, DataType]:
        """Column name -> type, without ``tenant_id`` and ``record``."""
        return {snake_case(name): kind for name, kind in self.fields.items()}

    @property
    def plain_fields(self) -> dict[str, DataType]:
        """The fields that are not nested, under ServiceTitan's names."""
        return {name: kind for name, kind in self.fields.items() if kind != "json"}

    @property
    def export_paths(self) -> tuple[str, ...]:
        """The spellings of the export's path, the current one first; none where there is no export."""
        paths = (f"export/{self.path}", self.older_export) if self.export else ()
        return tuple(path for path in paths if path)

    @property
    def primary_key(self) -> list[str]:
        return ["tenant_id", *self.key]


STREAMS: tuple[Stream, ...] = (
    Stream(
        name="customers",
        module="crm",
        path="customers",
        scope="tn.crm.customers:r",
        enumerations={"type": "Residential Commercial"},
        fields=fields(
            bigint="id createdById mergedToId paymentTermId",
            bool="active taxExempt doNotMail doNotService nationalAccount",
            text="name type",
            timestamp="createdOn modifiedOn",
            decimal="balance creditLimit creditLimitBalance",
            json="address customFields tagTypeIds externalData",
        ),
    ),
    Stream(
        name="customer_contacts",
        module="crm",
        path="customers/contacts",
        scope="tn.crm.customers:r",
        key=("customer_id", "id"),
        enumerations={"type": "Phone Email Fax MobilePhone"},
        list_sorted=False,
        list_active=False,
        fields=fields(
            bigint="id customerId",
            bool="active",
            text="type value memo",
            timestamp="createdOn modifiedOn",
            json="phoneSettings preferences",
        ),
    ),
    Stream(
        name="leads",
        module="crm",
        path="leads",
        scope="tn.crm.leads:r",
        enumerations={"status": "Open Dismissed Converted", "priority": "Low Normal High Urgent"},
        list_active=False,
        fields=fields(
            bigint="id customerId locationId businessUnitId jobTypeId campaignId createdById callReasonId callId"
            " bookingId manualCallId dismissingReasonId",
            bool="active",
            text="status priority summary leadUrl leadCustomerName leadPhone leadEmail leadStreet leadUnit leadCity"
            " leadState leadZip leadCountry captureSource",
            timestamp="followUpDate createdOn modifiedOn",
            json="tagTypeIds",
        ),
    ),
    Stream(
        name="jobs",
        module="jpm",
        path="jobs",
        scope="tn.jpm.jobs:r",
        enumerations={"jobStatus": "Scheduled Dispatched InProgress Hold Completed Canceled"},
        list_active=False,
        fields=fields(
            bigint="id projectId customerId locationId businessUnitId jobTypeId campaignId appointmentCount"
            " firstAppointmentId lastAppointmentId recallForId warrantyId createdById leadCallId partnerLeadCallId"
            " bookingId soldById invoiceId membershipId createdFromEstimateId",
            bool="active noCharge notificationsEnabled isAutoDispatched",
            text="jobNumber jobStatus priority customerPo summary summaryOfWork",
            timestamp="completedOn createdOn modifiedOn",
            decimal="total",
            json="jobGeneratedLeadSource tagTypeIds estimateIds equipmentIds customFields externalData",
        ),
    ),
    Stream(
        name="appointments",
        module="jpm",
        path="appointments",
        scope="tn.jpm.appointments:r",
        enumerations={"status": "Scheduled Dispatched Working Hold Done Canceled"},
        after="jobs",
        fields=fields(
            bigint="id jobId customerId createdById",
            bool="active unused isConfirmed",
            text="appointmentNumber status specialInstructions",
            timestamp="start end arrivalWindowStart arrivalWindowEnd createdOn modifiedOn",
            json="appointmentSummaries",
        ),
    ),
    Stream(
        name="estimates",
        module="sales",
        path="estimates",
        scope="tn.sal.estimates:r",
        enumerations={"status.name": "Open Sold Dismissed", "reviewStatus": "None NeedsApproval Approved NotApproved"},
        older_export="estimates/export",
        fields=fields(
            bigint="id jobId projectId locationId customerId soldBy businessUnitId budgetCodeId",
            bool="active isRecommended isChangeOrder requireDepositOnSignature",
            text="name jobNumber reviewStatus summary businessUnitName proposalTagName",
            timestamp="createdOn modifiedOn soldOn",
            decimal="subtotal tax depositAmount depositPercent",
            json="status items externalLinks",
        ),
    ),
    Stream(
        name="job_canceled_logs",
        module="jpm",
        path="job-canceled-logs",
        scope="tn.jpm.jobcanceledlogs:r",
        listed=False,
        after="jobs",
        fields=fields(
            bigint="id jobId reasonId createdById",
            bool="active",
            text="memo",
            timestamp="createdOn",
        ),
    ),
    Stream(
        name="job_types",
        module="jpm",
        path="job-types",
        scope="tn.jpm.jobtypes:r",
        export=False,
        list_sorted=False,
        list_incremental=False,
        after="jobs",
        fields=fields(
            bigint="id duration",
            bool="active noCharge enforceRecurringServiceEventSelection invoiceSignaturesRequired isSmartDispatched",
            text="name priority class summary defaultEstimateSoldAction",
            timestamp="createdOn modifiedOn",
            decimal="soldThreshold",
            json="businessUnitIds skills tagTypeIds externalData customFieldTypeIds",
        ),
    ),
    Stream(
        name="business_units",
        module="settings",
        path="business-units",
        scope="tn.stt.businessunits:r",
        list_sorted=False,
        list_incremental=False,
        after="jobs",
        fields=fields(
            bigint="id",
            bool="active",
            text="name officialName email currency phoneNumber invoiceHeader invoiceMessage authorizationParagraph"
            " acknowledgementParagraph materialSku quickbooksClass accountCode franchiseId conceptCode"
            " corporateContractNumber certifiedSentriconSpecialistCode",
            timestamp="createdOn modifiedOn",
            decimal="defaultTaxRate",
            json="address trade division tagTypeIds tenant externalData",
        ),
    ),
    # What only messages say stands last: a long first reading of it takes no turn from what is news.
    Stream(
        name="job_cancel_reasons",
        module="jpm",
        path="job-cancel-reasons",
        scope="tn.jpm.jobcancelreasons:r",
        export=False,
        after="job_canceled_logs",  # which name them
        facts_only=True,
        fields=fields(
            bigint="id",
            bool="active",
            text="name",
            timestamp="createdOn modifiedOn",
        ),
    ),
    Stream(
        name="locations",
        module="crm",
        path="locations",
        scope="tn.crm.locations:r",
        after="jobs",  # which name them
        facts_only=True,
        fields=fields(
            bigint="id customerId createdById mergedToId taxZoneId zoneId",
            bool="active taxExempt",
            text="name",
            timestamp="createdOn modifiedOn",
            json="address customFields tagTypeIds externalData",
        ),
    ),
    Stream(
        name="appointment_assignments",
        module="dispatch",
        path="appointment-assignments",
        scope="tn.dis.appointmentassignments:r",
        enumerations={"status": "Scheduled Dispatched Working Done"},
        export_active=True,
        after="appointments",  # which they name
        optional=True,
        facts_only=True,
        fields=fields(
            bigint="id technicianId assignedById jobId appointmentId",
            bool="active isPaused",
            text="technicianName status",
            timestamp="assignedOn createdOn modifiedOn",
        ),
    ),
)
STREAM = {stream.name: stream for stream in STREAMS}
