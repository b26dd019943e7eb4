"""What an office chooses from: campaigns, call reasons, technicians, tags. The last one of each is inactive."""

from collections.abc import Iterator
from typing import Any

from tests.simulator.technicians import TECHNICIANS
from tests.simulator.wire import Record

CAMPAIGN_NAMES = ("Google Ads", "Facebook Lead Form", "Yard Signs", "Referral", "Radio 2019")
CAMPAIGNS = dict(enumerate(CAMPAIGN_NAMES, start=3301))
CALL_REASONS = dict(enumerate(("Wants a price", "Wants an appointment", "Complaint", "Fax"), start=7))
TAG_TYPES = dict(enumerate(("VIP", "Gate code", "Do not text", "Pilot 2018"), start=61))

CAMPAIGN: Record = {
    "isDefaultCampaign": False,
    "category": {"id": 31, "name": "Online", "active": True},
    "source": None,
    "otherSource": None,
    "businessUnit": None,
    "medium": None,
    "otherMedium": None,
    "campaignPhoneNumbers": [],
}
TECHNICIAN: Record = {
    "userId": 1,
    "roleIds": [],
    "businessUnitId": None,
    "email": None,
    "phoneNumber": None,
    "loginName": None,
    "dailyGoal": 0,
    "isManagedTech": True,
    "customFields": [],
    "burdenRate": 0,
    "team": None,
    "commissionRate": 0,
    "hourlyRate": 0,
    "soldByRate": 0,
    "status": "Idle",
    "skills": [],
    "positions": [],
}
TAG_TYPE: Record = {
    "color": "#3558c9",
    "code": "",
    "importance": None,
    "isConversionOpportunity": False,
    "allowToUseOnTimesheetActivity": False,
    "isVisibleOnDispatchBoard": True,
}
LISTS: dict[str, tuple[dict[int, str], Record]] = {
    "campaigns": (CAMPAIGNS, CAMPAIGN),
    "call_reasons": (CALL_REASONS, {"isLead": True}),
    "technicians": ({**TECHNICIANS, 206: "Gus Former"}, TECHNICIAN),
    "tag_types": (TAG_TYPES, TAG_TYPE),
}


def office_lists() -> Iterator[tuple[str, Record]]:
    """Tables with the records that stand in them from the beginning."""
    for table, (names, others) in LISTS.items():
        yield from ((table, choice(id, name, id != max(names), **others)) for id, name in names.items())


def choice(id: int, name: str, active: bool = True, **others: Any) -> Record:
    return {"id": id, "name": name, "active": active, "createdOn": None, "modifiedOn": None, **others}
