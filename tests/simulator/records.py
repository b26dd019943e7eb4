"""New records of every kind with all fields of the OpenAPI documents of May 2026; what callers leave out is empty."""

from decimal import Decimal
from typing import Any

from tests.simulator.wire import Record

USER = 101  # the office user who enters what nobody else did


def customer(**given: Any) -> Record:
    return {
        "active": True,
        "type": "Residential",
        "customFields": [],
        "balance": Decimal("0.00"),
        "taxExempt": False,
        "tagTypeIds": [],
        "doNotMail": False,
        "doNotService": False,
        "nationalAccount": False,
        "createdOn": None,
        "createdById": USER,
        "modifiedOn": None,
        "mergedToId": None,
        "paymentTermId": None,
        "creditLimit": None,
        "creditLimitBalance": None,
        "externalData": [],
    } | given


def location(**given: Any) -> Record:
    return {
        "taxZoneId": None,
        "active": True,
        "customFields": [],
        "createdOn": None,
        "createdById": USER,
        "modifiedOn": None,
        "mergedToId": None,
        "zoneId": None,
        "taxExempt": False,
        "tagTypeIds": [],
        "externalData": [],
    } | given


def customer_contact(**given: Any) -> Record:
    phone = given["value"] if given["type"] != "Email" else ""
    return {
        "memo": None,
        "phoneSettings": {"phoneNumber": phone, "doNotText": False},
        "preferences": {
            "jobRemindersEnabled": True,
            "marketingUpdatesEnabled": True,
            "invoiceStatementNotification": False,
            "invoiceNotification": False,
            "statementNotification": False,
        },
        "createdOn": None,
        "modifiedOn": None,
        "active": True,
    } | given


def lead(**given: Any) -> Record:
    empty = (
        "customerId locationId businessUnitId jobTypeId followUpDate tagTypeIds dismissingReasonId summary callReasonId"
        " callId bookingId manualCallId leadUrl leadCustomerName leadPhone leadEmail leadStreet leadUnit leadCity"
        " leadState leadZip leadCountry captureSource createdOn modifiedOn"
    )
    return (
        dict.fromkeys(empty.split())
        | {"status": "Open", "priority": "Normal", "createdById": USER, "active": True}
        | given
    )


def booking(**given: Any) -> Record:
    empty = (
        "address customerType campaignId businessUnitId isFirstTimeClient uploadedImages isSendConfirmationEmail"
        " dismissingReasonId jobId priority jobTypeId summary createdOn modifiedOn start"
    )
    return dict.fromkeys(empty.split()) | {"status": "New", "active": True} | given


def job(**given: Any) -> Record:
    empty = (
        "projectId completedOn recallForId warrantyId jobGeneratedLeadSource createdOn modifiedOn leadCallId"
        " partnerLeadCallId bookingId soldById membershipId total createdFromEstimateId isAutoDispatched summary"
        " summaryOfWork"
    )
    return (
        dict.fromkeys(empty.split())
        | {
            "jobStatus": "Scheduled",
            "priority": "Normal",
            "appointmentCount": 1,
            "noCharge": False,
            "notificationsEnabled": True,
            "createdById": USER,
            "tagTypeIds": [],
            "customerPo": "",
            "estimateIds": [],
            "equipmentIds": [],
            "customFields": [],
            "externalData": [],
            "active": True,
        }
        | given
    )


def appointment(**given: Any) -> Record:
    return {
        "status": "Scheduled",
        "specialInstructions": None,
        "createdOn": None,
        "modifiedOn": None,
        "unused": False,
        "createdById": USER,
        "isConfirmed": False,
        "active": True,
        "appointmentSummaries": None,
    } | given


def appointment_assignment(**given: Any) -> Record:
    return {
        "assignedById": USER,
        "assignedOn": None,
        "status": "Scheduled",
        "isPaused": False,
        "createdOn": None,
        "modifiedOn": None,
        "active": True,
    } | given


def estimate(**given: Any) -> Record:
    empty = (
        "jobId projectId locationId customerId name jobNumber summary createdOn modifiedOn soldOn soldBy items"
        " externalLinks businessUnitId businessUnitName budgetCodeId proposalTagName depositAmount depositPercent"
        " requireDepositOnSignature"
    )
    return (
        dict.fromkeys(empty.split())
        | {
            "status": {"value": 0, "name": "Open"},
            "reviewStatus": "None",
            "active": True,
            "tax": Decimal("0.00"),
            "isRecommended": False,
            "isChangeOrder": False,
        }
        | given
    )


def job_canceled_log(**given: Any) -> Record:
    return {"memo": None, "createdOn": None, "createdById": USER, "active": True} | given


def job_type(**given: Any) -> Record:
    return {
        "skills": [],
        "tagTypeIds": [],
        "priority": "Normal",
        "soldThreshold": None,
        "class": "",
        "summary": "",
        "noCharge": False,
        "enforceRecurringServiceEventSelection": None,
        "invoiceSignaturesRequired": False,
        "modifiedOn": None,
        "createdOn": None,
        "externalData": [],
        "active": True,
        "isSmartDispatched": False,
        "defaultEstimateSoldAction": "None",
        "customFieldTypeIds": [],
    } | given


def business_unit(**given: Any) -> Record:
    empty = (
        "officialName email currency phoneNumber invoiceHeader invoiceMessage defaultTaxRate authorizationParagraph"
        " acknowledgementParagraph address materialSku quickbooksClass accountCode franchiseId conceptCode"
        " corporateContractNumber trade division tagTypeIds tenant createdOn modifiedOn externalData"
        " certifiedSentriconSpecialistCode"
    )
    return dict.fromkeys(empty.split()) | {"active": True} | given
